//! Addresses of repositories, and copies of those that lie elsewhere.
//!
//! A copy is a bare repository of ours. An address never carries a password further than the request itself: not into
//! the copy's settings, arguments, errors or logs.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Mutex,
};

use base64::{Engine, engine::general_purpose::STANDARD};
use sha2::{Digest, Sha256};
use url::Url;

use super::door::{Failure, Git, Location, Protocol};
use crate::domain::text::clean_line;

/// What a branch, tag or the remote's own choice is called in the copy.
const REFS: &[&str] = &["+refs/heads/*:refs/heads/*", "+refs/tags/*:refs/tags/*"];
/// What git says when it is our copy that is broken, not the way to the other side.
const DAMAGE: &[&str] = &[
    "File exists",
    "bad object",
    "corrupt",
    "unable to read",
    "not a git repository",
    "unable to find",
    "missing blob",
    "does not point to a valid object",
    "loose object",
    "bad signature",
];

/// Where a repository lies.
#[derive(Clone, PartialEq, Eq)]
pub enum Address {
    /// A folder of this machine, read where it lies.
    Local(PathBuf),
    /// Anywhere else; a copy is kept.
    Remote(Remote),
}

/// The address of a repository that is copied.
#[derive(Clone, PartialEq, Eq)]
pub struct Remote {
    /// Without credentials.
    url: String,
    /// In words for people.
    pub shown: String,
    protocol: Protocol,
    header: Option<String>,
}

impl Address {
    /// Read an address. The error says in words why it is none that is used.
    ///
    /// # Errors
    /// For anything that starts like an option, names a program, or goes over a line that is open to everybody.
    pub fn parse(text: &str) -> Result<Self, String> {
        if text.is_empty() || text.starts_with('-') || text.chars().any(char::is_control) {
            return Err("that is no address; give a folder, https://… or ssh://…".to_owned());
        }
        if let Some((scheme, _)) = text.split_once("://") {
            return match scheme.to_ascii_lowercase().as_str() {
                "https" => https(text),
                "ssh" => ssh(text),
                "file" => Ok(Self::Remote(Remote::open(text, Protocol::File))),
                "http" | "git" | "ftp" | "ftps" => {
                    Err(format!("{scheme}:// can be read and changed on its way; use https:// or ssh://"))
                }
                _ => Err(format!("`{}` is no protocol that is used; use https:// or ssh://", clean_line(scheme))),
            };
        }
        if text.split('/').next().is_some_and(|head| head.contains("::")) {
            return Err("addresses that name a program are not used; use https:// or ssh://".to_owned());
        }
        match text.split_once(':') {
            Some((host, path)) if !host.contains('/') && !Path::new(text).exists() => scp(text, host, path),
            _ => Ok(Self::Local(PathBuf::from(text))),
        }
    }
}

impl Remote {
    fn open(url: &str, protocol: Protocol) -> Self {
        Self { url: url.to_owned(), shown: clean_line(url).into_owned(), protocol, header: None }
    }
}

fn https(text: &str) -> Result<Address, String> {
    let unreadable = || "that is no https:// address".to_owned();
    let mut url = Url::parse(text).map_err(|_| unreadable())?;
    let (user, password) = (plain(url.username()), url.password().map(plain));
    let has_user = !user.is_empty() || password.is_some();
    let pair = format!("{user}:{}", password.unwrap_or_default());
    let header = has_user.then(|| format!("Authorization: Basic {}", STANDARD.encode(pair)));
    url.set_username("").and_then(|()| url.set_password(None)).map_err(|()| unreadable())?;
    url.set_fragment(None);
    let mut shown = url.clone();
    shown.set_query(None);
    let shown = clean_line(shown.as_str()).into_owned();
    Ok(Address::Remote(Remote { url: url.into(), shown, protocol: Protocol::Https, header }))
}

fn ssh(text: &str) -> Result<Address, String> {
    let url = Url::parse(text).map_err(|_| "that is no ssh:// address".to_owned())?;
    if url.password().is_some() {
        return Err("ssh:// takes keys, no password in the address".to_owned());
    }
    let is_option = |word: &str| plain(word).starts_with('-');
    if is_option(url.username()) || url.host_str().is_none_or(|host| host.is_empty() || is_option(host)) {
        return Err("that is no ssh:// address".to_owned());
    }
    Ok(Address::Remote(Remote::open(text, Protocol::Ssh)))
}

/// `user@host:path`, as ssh people write it.
fn scp(text: &str, host: &str, path: &str) -> Result<Address, String> {
    let is_option = host.split('@').any(|part| part.starts_with('-') || part.is_empty());
    if is_option || path.is_empty() || path.starts_with('-') {
        return Err("that is no address; give a folder, https://… or ssh://…".to_owned());
    }
    Ok(Address::Remote(Remote::open(text, Protocol::Ssh)))
}

/// A part of an address without its `%41`.
fn plain(part: &str) -> String {
    let mut pieces = part.split('%');
    let mut out = pieces.next().unwrap_or_default().as_bytes().to_vec();
    for piece in pieces {
        match piece.get(..2).and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            Some(byte) => {
                out.push(byte);
                out.extend(&piece.as_bytes()[2..]);
            }
            None => out.extend(format!("%{piece}").bytes()),
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

/// A copy of a remote repository.
pub struct Mirror {
    remote: Remote,
    folder: PathBuf,
    /// One fetch at a time.
    turn: Mutex<()>,
}

/// A fetch that brought nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotFetched {
    /// Why.
    pub failure: Failure,
    /// Whether the copy still holds what was fetched before.
    pub is_kept: bool,
}

impl Mirror {
    /// The copy of `remote` below `folder`: one for each address, so that a changed address never mixes two.
    pub fn new(remote: Remote, folder: &Path) -> Self {
        let digest: [u8; 32] = Sha256::digest(remote.url.as_bytes()).into();
        let name: String = digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
        Self { remote, folder: folder.join(format!("{name}.git")), turn: Mutex::new(()) }
    }

    /// Where the copy lies.
    pub fn location(&self) -> Location {
        Location::Mirror(self.folder.clone())
    }

    /// Whether anything was ever fetched.
    pub fn is_there(&self) -> bool {
        self.folder.join("HEAD").is_file()
    }

    /// Its address in words for people.
    pub fn shown(&self) -> &str {
        &self.remote.shown
    }

    /// Bring the copy up to date: what is gone over there goes here. A copy that is damaged is made anew beside the
    /// old one and takes its place when it is whole.
    ///
    /// # Errors
    /// When the other side cannot be reached, or the copy not be written; what was there before is still there.
    pub fn fetch(&self, git: &Git) -> Result<(), NotFetched> {
        let _turn = self.turn.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let is_kept = self.is_there();
        let fetched = if is_kept { self.update(git, &self.folder) } else { self.anew(git) };
        match fetched {
            Err(Failure::NotARepository) if is_kept => self.anew(git),
            Err(Failure::Said(said)) if is_kept && DAMAGE.iter().any(|words| said.contains(words)) => self.anew(git),
            fetched => fetched,
        }
        .map_err(|failure| NotFetched { failure: self.without_address(failure), is_kept })
    }

    fn anew(&self, git: &Git) -> Result<(), Failure> {
        let io =
            |e: std::io::Error| Failure::Said(format!("the copy in {} cannot be written: {e}", self.folder.display()));
        let beside = |end: &str| self.folder.with_extension(end);
        let (new, old) = (beside("new"), beside("old"));
        for left_over in [&new, &old] {
            if left_over.exists() {
                fs::remove_dir_all(left_over).map_err(io)?;
            }
        }
        fs::create_dir_all(&new).map_err(io)?;
        let init = ["-c", "init.defaultBranch=main", "init", "-q", "--bare", "--template="];
        git.ask(&Location::Mirror(new.clone()), &init)?;
        self.update(git, &new)?;
        if self.folder.exists() {
            fs::rename(&self.folder, &old).map_err(io)?;
        }
        fs::rename(&new, &self.folder).map_err(io)?;
        let _ = fs::remove_dir_all(&old);
        Ok(())
    }

    fn update(&self, git: &Git, folder: &Path) -> Result<(), Failure> {
        let at = Location::Mirror(folder.to_owned());
        let options = [
            "fetch",
            "-q",
            "--prune",
            "--no-tags",
            "--force",
            "--atomic",
            "--no-write-fetch-head",
            "--no-recurse-submodules",
        ];
        let args: Vec<&str> =
            options.into_iter().chain(["--", self.remote.url.as_str()]).chain(REFS.iter().copied()).collect();
        git.reach(&at, self.remote.protocol, self.remote.header.as_deref(), &args).map(|_| ())?;
        self.follow_head(git, &at);
        Ok(())
    }

    /// `HEAD` of the copy is the branch that the other side points at. Without one it stays as it was.
    fn follow_head(&self, git: &Git, at: &Location) {
        let args = ["ls-remote", "--symref", "--", self.remote.url.as_str(), "HEAD"];
        let Ok(said) = git.reach(at, self.remote.protocol, self.remote.header.as_deref(), &args) else {
            return;
        };
        let said = String::from_utf8_lossy(&said);
        let branch = said.lines().find_map(|l| l.strip_prefix("ref: ")).and_then(|l| l.split('\t').next());
        if let Some(branch) = branch.filter(|b| b.starts_with("refs/heads/")) {
            // A branch of a strange name is refused; then HEAD stays as it was.
            let _ = git.ask(at, &["symbolic-ref", "HEAD", branch]);
        }
    }

    fn without_address(&self, failure: Failure) -> Failure {
        match failure {
            Failure::Said(said) => Failure::Said(said.replace(&self.remote.url, &self.remote.shown)),
            other => other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn remote(text: &str) -> Remote {
        match Address::parse(text) {
            Ok(Address::Remote(remote)) => remote,
            _ => panic!("{text} is remote"),
        }
    }

    #[test]
    fn addresses_are_told_apart() {
        for (text, protocol) in [
            ("https://git.example/x.git", Protocol::Https),
            ("ssh://git@git.example:22/x.git", Protocol::Ssh),
            ("git@git.example:x/y.git", Protocol::Ssh),
            ("file:///srv/x.git", Protocol::File),
        ] {
            assert_eq!(remote(text).protocol, protocol, "{text}");
            assert_eq!(remote(text).shown, text);
        }
        for text in ["/srv/x.git", "repo/infra", ".", "../x:y/z"] {
            assert!(matches!(Address::parse(text), Ok(Address::Local(_))), "{text}");
        }
    }

    #[test]
    fn what_names_a_program_an_option_or_an_open_line_is_refused() {
        for text in [
            "",
            "-x",
            "--upload-pack=touch /tmp/x",
            "http://git.example/x",
            "git://git.example/x",
            "ext::sh -c touch% /tmp/x",
            "fd::3",
            "javascript://x",
            "ssh://-oProxyCommand=x/y",
            "ssh://-lx@git.example/y",
            "-oProxyCommand=x:y",
            "git@-oProxyCommand=x:y",
            "git@host:-x",
            "ssh://bob:hunter2x@git.example/x",
            "https://git.example/x\n",
        ] {
            assert!(Address::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_password_in_an_address_goes_into_the_header_and_nowhere_else() {
        let remote = remote("https://bob:hun%74er2x@git.example/x.git?private_token=abcdef");
        assert_eq!(remote.shown, "https://git.example/x.git");
        assert_eq!(remote.url, "https://git.example/x.git?private_token=abcdef");
        assert_eq!(remote.header.as_deref(), Some("Authorization: Basic Ym9iOmh1bnRlcjJ4"));
        let token = super::tests::remote("https://tok123@git.example/x.git");
        assert!(!token.shown.contains("tok123") && token.header.is_some());
    }
}
