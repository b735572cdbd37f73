//! The user's own editor for a text: started without a shell, on a file that only its owner can read and that is gone
//! afterwards.

use std::{
    fs::File,
    io::{Read, Seek, Write},
    process::Stdio,
};

use tempfile::NamedTempFile;

use crate::domain::{
    text::clean_text,
    tickets::act::{TEXT_LIMIT, within},
};

/// What the editor must not learn.
const SECRETS: [&str; 6] = [
    "ITOPS_TOKEN",
    "ITOPS_API_KEY",
    "ITOPS_SECURITY_OPERATOR_API_KEY",
    "ITOPS_OPERATOR_API_KEY",
    "ITOPS_JWT_SECRET",
    "ITOPS_BOOTSTRAP_ADMIN_PASSWORD",
];

/// The program and its arguments out of what `$VISUAL` or `$EDITOR` say: words parted by blanks, no shell.
pub fn words(visual: Option<&str>, editor: Option<&str>) -> Vec<String> {
    let said = [visual, editor].into_iter().flatten().find(|said| !said.trim().is_empty());
    said.unwrap_or("vi").split_whitespace().map(str::to_owned).collect()
}

/// Have `text` edited by `editor`, which has the terminal until it ends. The text comes back cleaned.
///
/// # Errors
/// In words: the editor cannot be started, ended with a failure, or left more than a comment may hold; then the file
/// stays and is named, so that nothing is lost.
pub async fn edit(editor: &[String], text: &str) -> Result<String, String> {
    let Some((program, arguments)) = editor.split_first() else {
        return Err("no editor is set".to_owned());
    };
    let file = written(text).map_err(|error| format!("no file for the editor: {error}"))?;
    let mut command = tokio::process::Command::new(program);
    command.args(arguments).arg(file.path());
    command.stdin(Stdio::inherit()).stdout(Stdio::inherit()).stderr(Stdio::inherit()).kill_on_drop(true);
    for secret in SECRETS {
        command.env_remove(secret);
    }
    let status = command.status().await.map_err(|error| format!("{program} cannot be started: {error}"))?;
    if !status.success() {
        return Err(format!("{program} ended with {status}; the text is as it was"));
    }
    // Some editors put another file in its place, so it is opened again by its name.
    let size = std::fs::metadata(file.path()).map_err(|error| format!("the editor's file is gone: {error}"))?.len();
    if size > TEXT_LIMIT as u64 {
        let reason = format!("the text has {size} bytes; the limit is {TEXT_LIMIT}");
        return Err(match file.keep() {
            Ok((_, path)) => format!("{reason}; it is kept in {}", path.display()),
            Err(error) => format!("{reason}; it could not be kept: {error}"),
        });
    }
    let mut bytes = Vec::new();
    let read = File::open(file.path()).and_then(|mut opened| opened.read_to_end(&mut bytes));
    read.map_err(|error| format!("the editor's file cannot be read: {error}"))?;
    let text = String::from_utf8_lossy(&bytes);
    let text = clean_text(text.trim_end()).into_owned();
    // What stands in for unsafe characters is longer than they were.
    within("text", &text, TEXT_LIMIT).map_err(|refusal| refusal.reason)?;
    Ok(text)
}

/// A new file with mode 0600 that holds `text`.
fn written(text: &str) -> std::io::Result<NamedTempFile> {
    let mut file = tempfile::Builder::new().prefix("itops-text-").suffix(".md").tempfile()?;
    file.write_all(text.as_bytes())?;
    file.flush()?;
    file.rewind()?;
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_editor_of_the_screen_is_asked_first_and_its_arguments_are_kept() {
        assert_eq!(words(Some("code --wait"), Some("nano")), ["code", "--wait"]);
        assert_eq!(words(Some(" "), Some("nano")), ["nano"]);
        assert_eq!(words(None, None), ["vi"]);
        assert_eq!(words(None, Some("vi; rm -rf $HOME")), ["vi;", "rm", "-rf", "$HOME"], "no shell reads it");
    }

    #[tokio::test]
    async fn a_failed_editor_changes_nothing_and_says_what_happened() {
        let said = edit(&["false".to_owned()], "x").await.unwrap_err();
        assert!(said.contains("false ended with") && said.contains("as it was"), "{said}");
        let said = edit(&["/no/such/editor".to_owned()], "x").await.unwrap_err();
        assert!(said.contains("/no/such/editor cannot be started"), "{said}");
        assert_eq!(edit(&["true".to_owned()], "as\nit was\n").await.unwrap(), "as\nit was");
    }

    #[tokio::test]
    async fn a_text_over_the_limit_is_refused_with_the_limit_and_kept() {
        let script = |text: &str| ["sh", "-c", text, "editor"].map(str::to_owned);
        let said = edit(&script("head -c 70000 /dev/zero | tr '\\0' x > \"$1\""), "x").await.unwrap_err();
        assert!(said.contains("70000") && said.contains("65536"), "{said}");
        let kept = said.rsplit("kept in ").next().unwrap();
        assert_eq!(std::fs::metadata(kept).unwrap().len(), 70_000);
        std::fs::remove_file(kept).unwrap();
        let cleaned = edit(&script("printf 'a\\033[2Jb\\342\\200\\256c' > \"$1\""), "x").await.unwrap();
        assert_eq!(cleaned, "a\u{fffd}[2Jb\u{fffd}c");
    }
}
