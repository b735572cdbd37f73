//! From text to terms.

use super::{KEYS, Key, SearchError, Term, Test, Wanted};

/// Other words for keys.
const ALIASES: [(&str, &str); 4] =
    [("criticality", "crit"), ("environment", "env"), ("kind", "type"), ("prio", "priority")];

pub(super) fn key(word: &str) -> Option<Key> {
    let word = ALIASES.iter().find(|(alias, _)| alias.eq_ignore_ascii_case(word)).map_or(word, |(_, name)| name);
    let index = KEYS.iter().position(|(name, _)| name.eq_ignore_ascii_case(word))?;
    Some(Key::ALL[index])
}

pub(super) fn terms(text: &str) -> Result<Vec<Term>, SearchError> {
    let mut reader = Reader { text, at: 0 };
    let mut terms = Vec::new();
    while let Some(raw) = reader.next_term() {
        terms.extend(raw.into_term()?);
    }
    Ok(terms)
}

/// A term as it stands there.
#[derive(Default)]
struct Raw {
    negated: bool,
    fuzzy: bool,
    /// Key and where it stands.
    key: Option<(String, usize)>,
    /// Its parts and where they stand; commas part them after a key only.
    values: Vec<(String, usize)>,
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
}

impl Reader<'_> {
    fn peek(&self) -> Option<char> {
        self.text[self.at..].chars().next()
    }

    fn take(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.at += c.len_utf8();
        Some(c)
    }

    fn next_term(&mut self) -> Option<Raw> {
        while self.peek().is_some_and(char::is_whitespace) {
            self.take();
        }
        self.peek()?;
        let mut raw = Raw::default();
        if matches!(self.peek(), Some('-' | '!')) {
            raw.negated = true;
            self.take();
        }
        if self.peek() == Some('~') {
            raw.fuzzy = true;
            self.take();
        }
        let start = self.at;
        let mut part = (String::new(), start);
        let (mut in_quotes, mut was_quoted) = (false, false);
        while let Some(c) = self.peek().filter(|c| in_quotes || !c.is_whitespace()) {
            self.take();
            match c {
                '"' => {
                    in_quotes = !in_quotes;
                    was_quoted = true;
                }
                ':' if raw.key.is_none() && !raw.fuzzy && !was_quoted && is_key_like(&part.0) => {
                    raw.key = Some((std::mem::take(&mut part.0), start));
                    part.1 = self.at;
                }
                ',' if raw.key.is_some() && !in_quotes => {
                    raw.values.push(std::mem::replace(&mut part, (String::new(), self.at)));
                }
                c => part.0.push(c.to_ascii_lowercase()),
            }
        }
        raw.values.push(part);
        raw.values.retain(|(text, _)| !text.is_empty());
        Some(raw)
    }
}

impl Raw {
    /// The term, or none while there is nothing to ask yet.
    fn into_term(self) -> Result<Option<Term>, SearchError> {
        let negated = self.negated;
        let Some((word, at)) = self.key else {
            let test = |text| if self.fuzzy { Test::Fuzzy(text) } else { Test::Word(text) };
            return Ok(self.values.into_iter().next().map(|(text, _)| Term { negated, test: test(text) }));
        };
        let Some(key) = key(&word) else {
            return Err(SearchError {
                message: format!("no key `{word}`; put it in quotes to find it as text"),
                at,
                hint: nearest(&word, KEYS.iter().map(|(name, _)| *name)).map(str::to_owned),
            });
        };
        let wanted = self.values.into_iter().filter(|(text, _)| text != "=").map(|(text, at)| wanted(key, text, at));
        let wanted: Vec<Wanted> = wanted.collect::<Result<_, _>>()?;
        Ok((!wanted.is_empty()).then_some(Term { negated, test: Test::Key(key, wanted) }))
    }
}

fn is_key_like(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphabetic())
}

fn wanted(key: Key, text: String, at: usize) -> Result<Wanted, SearchError> {
    let (text, whole) = match text.strip_prefix('=') {
        Some(rest) => (rest.to_owned(), true),
        None => (text, false),
    };
    let words = key.words();
    if words.is_empty() {
        return Ok(Wanted { text, whole, bits: 0 });
    }
    let text = text.replace('-', "_");
    // A whole word means itself alone, also where it begins another one.
    let whole = whole || words.contains(&text.as_str());
    let fits = |word: &str| if whole { word == text } else { word.starts_with(&text) };
    let bits = (0u16..).zip(words).filter(|(_, word)| fits(word)).fold(0, |bits, (bit, _)| bits | 1 << bit);
    if bits == 0 {
        return Err(SearchError {
            message: format!("no `{text}` here; it takes {}", words.join(", ")),
            at,
            hint: nearest(&text, words.iter().copied()).map(str::to_owned),
        });
    }
    Ok(Wanted { text, whole, bits })
}

/// The candidate that `word` is most likely a slip of: at most two letters off, and less than half of them.
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let scored = candidates.into_iter().map(|candidate| (distance(word, candidate), candidate));
    let (off, best) = scored.min_by_key(|(off, _)| *off)?;
    (off <= 2 && off * 2 < word.chars().count().max(best.chars().count())).then_some(best)
}

/// Letters to add, drop, change or swap with their neighbour; case does not count.
fn distance(a: &str, b: &str) -> usize {
    let a: Vec<char> = a.chars().map(|c| c.to_ascii_lowercase()).collect();
    let b: Vec<char> = b.chars().map(|c| c.to_ascii_lowercase()).collect();
    let mut rows = vec![vec![0; b.len() + 1]; a.len() + 1];
    for i in 0..=a.len() {
        for j in 0..=b.len() {
            rows[i][j] = if i == 0 || j == 0 {
                i + j
            } else {
                let change = rows[i - 1][j - 1] + usize::from(a[i - 1] != b[j - 1]);
                let swap = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
                let swapped = if swap { rows[i - 2][j - 2] + 1 } else { usize::MAX };
                change.min(swapped).min(rows[i - 1][j] + 1).min(rows[i][j - 1] + 1)
            };
        }
    }
    rows[a.len()][b.len()]
}

#[cfg(test)]
mod tests {
    use super::super::Query;
    use super::*;

    fn refused(text: &str) -> SearchError {
        Query::parse(text).unwrap_err()
    }

    #[test]
    fn unknown_key_says_where_and_what_is_near() {
        let error = refused("eu statsu:down");
        assert_eq!((error.at, error.hint.as_deref()), (3, Some("status")));
        assert_eq!(refused("-tema:x").hint.as_deref(), Some("team"));
        assert_eq!(refused("http://x").hint, None);
        assert_eq!(
            refused("tem:x").to_string(),
            "no key `tem`; put it in quotes to find it as text; did you mean `team`?"
        );
    }

    #[test]
    fn unknown_value_of_a_fixed_list_says_where_and_what_is_near() {
        let error = refused("status:down,degarded");
        assert_eq!((error.at, error.hint.as_deref()), (12, Some("degraded")));
        assert!(refused("is:mien").hint.is_some_and(|h| h == "mine"));
    }

    #[test]
    fn what_is_still_being_typed_is_no_error_and_holds_for_everything() {
        for text in ["", "  ", "-", "!", "~", "-~", "status:", "-status:", "tag:,", "team:=", "\"", "is:", "team:\""] {
            assert_eq!(Query::parse(text).map(|q| q.is_empty()), Ok(true), "{text:?}");
        }
        for text in ["status:d", "is:pro", "crit:c", "team:\"site rel", "status:in-"] {
            assert_eq!(Query::parse(text).map(|q| q.is_empty()), Ok(false), "{text:?}");
        }
    }

    #[test]
    fn quotes_keep_spaces_commas_colons_and_minus() {
        let one = |text| terms(text).unwrap().remove(0).test;
        assert_eq!(one("\"a b:c,d\""), Test::Word("a b:c,d".to_owned()));
        assert_eq!(one("\"-x\""), Test::Word("-x".to_owned()));
        let Test::Key(Key::Team, wanted) = one("team:\"a, b\",C") else { panic!("a team term") };
        assert_eq!(wanted.iter().map(|w| w.text.as_str()).collect::<Vec<_>>(), ["a, b", "c"]);
        assert_eq!(one("12:30"), Test::Word("12:30".to_owned()), "a colon after a number is text");
    }

    #[test]
    fn nothing_is_near_to_something_else_entirely() {
        assert_eq!(nearest("xyz", ["status", "team"]), None);
        assert_eq!(nearest("ab", ["cd"]), None);
        assert_eq!(nearest("tgas", ["tags", "team"]), Some("tags"));
    }
}
