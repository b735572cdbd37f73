//! Folders with things in them that nobody should meet: none is followed, waited for or read whole.

use std::fs;

use itops::{
    domain::gitops::{FaultCode, Recognised},
    gitops::{self, ReadOptions},
};

use super::{FLAT, codes, config_map, folder, of_code, put};

#[test]
fn pipes_and_sockets_are_faults_and_nobody_waits_for_them() {
    let root = folder(&[("s.yaml", &config_map("it-ops.yaml", FLAT))]);
    for name in ["pipe.yaml", "pipe"] {
        rustix::fs::mkfifoat(rustix::fs::CWD, root.path().join(name), rustix::fs::Mode::RWXU).unwrap();
    }
    let _socket = std::os::unix::net::UnixListener::bind(root.path().join("socket.yml")).unwrap();
    let repository = gitops::read(root.path(), &ReadOptions::default()).unwrap();
    assert_eq!(codes(&repository), ["E005 pipe.yaml:1:1", "E005 socket.yml:1:1"]);
    assert_eq!(repository.registry.services.len(), 1);
}

#[test]
fn links_in_a_circle_are_faults_and_never_followed() {
    let root = folder(&[("a/s.yaml", &config_map("it-ops.yaml", FLAT))]);
    let link = |to: &str, at: &str| std::os::unix::fs::symlink(to, root.path().join(at)).unwrap();
    link("two.yaml", "one.yaml");
    link("one.yaml", "two.yaml");
    link("..", "a/up");
    link("up", "a/again");
    link("oncall@host.1234:1", ".#s.yaml");
    let repository = gitops::read(root.path(), &ReadOptions::default()).unwrap();
    let wanted = ["E005 a/again:1:1", "E005 a/up:1:1", "E005 one.yaml:1:1", "E005 two.yaml:1:1"];
    assert_eq!(codes(&repository), wanted, "and an editor's lock is none");
    assert_eq!(repository.registry.services.len(), 1);
}

#[test]
fn links_between_the_folders_of_a_mount_end() {
    let root = folder(&[("..1/s.yaml", &config_map("it-ops.yaml", FLAT))]);
    let link = |to: &str, at: &str| std::os::unix::fs::symlink(to, root.path().join(at)).unwrap();
    link("..1", "one");
    for name in ["..1/more", "..1/most"] {
        link("../..1", name);
    }
    let repository = gitops::read(root.path(), &ReadOptions::default()).unwrap();
    assert_eq!(codes(&repository), ["E005 one/more:1:1", "E005 one/most:1:1"]);
}

#[test]
fn a_file_of_a_hundred_megabytes_is_never_read_whole() {
    let root = folder(&[("s.yaml", &config_map("it-ops.yaml", FLAT))]);
    put(root.path(), "values.yaml", b"secretEnv:\n  A: b\n");
    for name in ["values.yaml", "empty.yaml", "data.json"] {
        let file = fs::OpenOptions::new().create(true).append(true).open(root.path().join(name)).unwrap();
        file.set_len(100 * 1024 * 1024).unwrap();
    }
    let repository = gitops::read(root.path(), &ReadOptions::default()).unwrap();
    assert_eq!(codes(&repository), ["E003 values.yaml:1:1"]);
    let recognised: Vec<Recognised> = repository.files.iter().map(|f| f.recognised).collect();
    assert_eq!(recognised, [Recognised::Other, Recognised::Foreign, Recognised::Ours, Recognised::Broken]);
}

#[test]
fn names_that_are_no_plain_text_are_faults() {
    use std::os::unix::ffi::OsStrExt;
    let root = folder(&[("s.yaml", &config_map("it-ops.yaml", FLAT))]);
    for name in [&b"a\x1b[31m.yaml"[..], b"b\xff.yml", b"c\n.md", "d\u{202e}.json".as_bytes()] {
        fs::write(root.path().join(std::ffi::OsStr::from_bytes(name)), "a: 1\n").unwrap();
    }
    fs::create_dir(root.path().join("e\tf")).unwrap();
    put(root.path(), "e\tf/s.yaml", config_map("it-ops.yaml", FLAT).as_bytes());
    let repository = gitops::read(root.path(), &ReadOptions::default()).unwrap();
    assert_eq!(of_code(&repository, FaultCode::Unreadable).len(), 4, "{:?}", codes(&repository));
    assert_eq!(repository.faults.len(), 4, "what is no YAML may be called what it likes");
    assert_eq!(repository.registry.services.len(), 1);
    let debug: String = repository.files.iter().map(|f| f.path.to_string()).collect();
    assert!(!debug.contains(char::is_control) && !debug.contains('\u{202e}'));
}

#[test]
fn a_folder_that_may_not_be_listed_is_a_fault() {
    use std::os::unix::fs::PermissionsExt;
    let root = folder(&[("a/s.yaml", "a: 1\n"), ("s.yaml", &config_map("it-ops.yaml", FLAT))]);
    let shut = root.path().join("a");
    fs::set_permissions(&shut, fs::Permissions::from_mode(0o000)).unwrap();
    // The super-user may list it all the same.
    let is_shut = fs::read_dir(&shut).is_err();
    let repository = gitops::read(root.path(), &ReadOptions::default()).unwrap();
    fs::set_permissions(&shut, fs::Permissions::from_mode(0o700)).unwrap();
    assert_eq!(codes(&repository), if is_shut { vec!["E005 a:1:1"] } else { vec![] });
    assert_eq!(repository.registry.services.len(), 1);
}

#[test]
fn folders_nested_without_end_are_a_fault() {
    let root = folder(&[("s.yaml", &config_map("it-ops.yaml", FLAT))]);
    put(root.path(), &format!("{}s.yaml", "d/".repeat(80)), b"a: 1\n");
    let repository = gitops::read(root.path(), &ReadOptions::default()).unwrap();
    assert_eq!(of_code(&repository, FaultCode::Unreadable).len(), 1);
    assert_eq!(repository.registry.services.len(), 1);
}

#[test]
fn texts_inside_texts_and_bombs_in_them_are_bounded() {
    let mut nested = "path: x\n".to_owned();
    for _ in 0..200 {
        let inner: String = nested.lines().map(|l| format!(" {l}\n")).collect();
        nested = format!("values: |\n{inner}");
    }
    let bomb = "a: &a [x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b]\nd: [*c,*c,*c,*c,*c,*c,*c,*c]\n";
    let inner: String = bomb.lines().map(|l| format!("    {l}\n")).collect();
    let mut bombs =
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {labels: {itops.io/config: \"true\"}}\ndata:\n".to_owned();
    for number in 0..2_000 {
        bombs.push_str(&format!("  {number}.yaml: |\n{inner}"));
    }
    let root = folder(&[("nested.yaml", &format!("slaTargets: {{}}\n{nested}")), ("bombs.yaml", &bombs)]);
    let repository = gitops::read(root.path(), &ReadOptions::default()).unwrap();
    assert_eq!(repository.registry.services.len(), 0);
    assert_eq!(repository.files.len(), 2);
}
