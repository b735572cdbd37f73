//! Just enough shell to find the pushes in a script: words, quotes, continuations, comments.
//!
//! Nothing is ever run.

/// A word and the line of its script, counted from 0, that it begins on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Word {
    /// Without its quotes; variables stand as written.
    pub text: String,
    /// Line of the script.
    pub line: u32,
}

/// The simple commands of a script, also those inside `$( )`.
pub fn commands(script: &str) -> Vec<Vec<Word>> {
    let mut reader = Reader { chars: script.chars().collect(), at: 0, line: 0, out: Vec::new() };
    reader.script(0);
    reader.out.retain(|c| !c.is_empty());
    reader.out
}

struct Reader {
    chars: Vec<char>,
    at: usize,
    line: u32,
    out: Vec<Vec<Word>>,
}

impl Reader {
    fn next(&mut self) -> Option<char> {
        let c = self.chars.get(self.at).copied()?;
        self.at += 1;
        if c == '\n' {
            self.line += 1;
        }
        Some(c)
    }

    fn peek(&self) -> Option<char> {
        self.chars.get(self.at).copied()
    }

    /// Reads to the end, or to the `)` that closes a `$(` when `depth` is above 0.
    fn script(&mut self, depth: u32) {
        let mut command: Vec<Word> = Vec::new();
        let mut word: Option<Word> = None;
        while let Some(c) = self.peek() {
            match c {
                ')' if depth > 0 => break,
                '#' if word.is_none() => {
                    while self.peek().is_some_and(|c| c != '\n') {
                        self.next();
                    }
                }
                '\\' if self.chars.get(self.at + 1) == Some(&'\n') => {
                    self.next();
                    self.next();
                }
                '\n' | ';' | '|' | '&' => {
                    self.next();
                    command.extend(word.take());
                    self.out.push(std::mem::take(&mut command));
                }
                c if c.is_whitespace() => {
                    self.next();
                    command.extend(word.take());
                }
                _ => {
                    let line = self.line;
                    let text = &mut word.get_or_insert_with(|| Word { text: String::new(), line }).text;
                    let mut taken = std::mem::take(text);
                    self.piece(&mut taken, depth);
                    *text = taken;
                }
            }
        }
        command.extend(word);
        self.out.push(command);
    }

    /// One piece of a word: a quoted stretch, a substitution, an escape or a character.
    fn piece(&mut self, text: &mut String, depth: u32) {
        match self.next() {
            Some('\'') => {
                while let Some(c) = self.next().filter(|c| *c != '\'') {
                    text.push(c);
                }
            }
            Some('"') => self.double_quoted(text, depth),
            Some('\\') => {
                if let Some(c) = self.next().filter(|c| *c != '\n') {
                    text.push(c);
                }
            }
            Some('$') if self.peek() == Some('(') => self.substitution(text, depth),
            Some(c) => text.push(c),
            None => {}
        }
    }

    fn double_quoted(&mut self, text: &mut String, depth: u32) {
        while let Some(c) = self.next() {
            match c {
                '"' => return,
                '\\' => match self.next() {
                    Some('\n') | None => {}
                    Some(c @ ('"' | '\\' | '$' | '`')) => text.push(c),
                    Some(c) => text.extend(['\\', c]),
                },
                '$' if self.peek() == Some('(') => self.substitution(text, depth),
                c => text.push(c),
            }
        }
    }

    fn substitution(&mut self, text: &mut String, depth: u32) {
        self.next();
        text.push_str("$()");
        // Deeper than anyone writes: leave the rest as one word.
        if depth < 16 {
            self.script(depth + 1);
        }
        if self.peek() == Some(')') {
            self.next();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(script: &str) -> Vec<Vec<String>> {
        commands(script).into_iter().map(|c| c.into_iter().map(|w| w.text).collect()).collect()
    }

    #[test]
    fn quotes_continuations_and_comments_are_followed() {
        let script = "# don't stop here\ncurl -s \\\n  -d \"{\\\"path\\\":\\\"a/b\\\",\\\"n\\\":$N}\" 'x y' && echo done; true\n";
        let found = commands(script);
        assert_eq!(found[0][0], Word { text: "curl".to_owned(), line: 1 });
        assert_eq!(found[0][3], Word { text: "{\"path\":\"a/b\",\"n\":$N}".to_owned(), line: 2 });
        assert_eq!(found[0][4].text, "x y");
        assert_eq!(texts(script)[1..], [vec!["echo", "done"], vec!["true"]]);
    }

    #[test]
    fn commands_inside_a_substitution_are_found() {
        let found = texts("S=$(curl -d 'a' \"$URL/x\") && b");
        assert_eq!(found[0], ["curl", "-d", "a", "$URL/x"]);
        assert_eq!(found[1], ["S=$()"]);
        assert_eq!(found[2], ["b"]);
    }

    #[test]
    fn a_single_quoted_body_may_span_lines() {
        let found = commands("curl x -d '{\n \"a\": 1\n}' -s\nnext");
        assert_eq!(found[0][3].text, "{\n \"a\": 1\n}");
        assert_eq!(found[1][0].line, 3);
    }

    #[test]
    fn unclosed_quotes_and_endless_nesting_end() {
        assert_eq!(texts("a \"b"), [["a", "b"]]);
        commands(&"$(".repeat(10_000));
    }
}
