//! A git server on loopback: `git http-backend` behind TLS and as much of HTTP as git speaks.

use std::{
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::{Arc, Mutex},
};

use rustls::{
    ServerConfig, ServerConnection, StreamOwned,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
};

use crate::served::install_crypto;

/// Serves the repositories below a folder to whoever shows the right `Authorization`.
pub struct Backend {
    pub port: u16,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Backend {
    pub fn start(root: PathBuf, authorization: &'static str) -> Self {
        install_crypto();
        let file = |name: &str| Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/tls").join(name);
        let chain = CertificateDer::pem_file_iter(file("core.pem")).unwrap().map(Result::unwrap).collect();
        let key = PrivateKeyDer::from_pem_file(file("core.key")).unwrap();
        let settings = Arc::new(ServerConfig::builder().with_no_client_auth().with_single_cert(chain, key).unwrap());
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let heard = asked.clone();
        std::thread::spawn(move || {
            for socket in listener.incoming() {
                let connection = ServerConnection::new(settings.clone()).unwrap();
                let stream = StreamOwned::new(connection, socket.unwrap());
                let (root, heard) = (root.clone(), heard.clone());
                // Who does not believe the certificate goes away.
                std::thread::spawn(move || answer(stream, &root, authorization, &heard));
            }
        });
        Self { port, asked }
    }

    /// Method and target of every request, in order.
    pub fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

/// One request on a connection of its own.
fn answer(
    mut stream: StreamOwned<ServerConnection, TcpStream>,
    root: &Path,
    authorization: &str,
    heard: &Mutex<Vec<String>>,
) -> std::io::Result<()> {
    let mut raw = Vec::new();
    while !raw.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte)?;
        raw.push(byte[0]);
    }
    let head = String::from_utf8_lossy(&raw).into_owned();
    let header = |name: &str| {
        let mut lines = head.lines().filter_map(|line| line.split_once(": "));
        lines.find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, value)| value.to_owned()).unwrap_or_default()
    };
    let mut words = head.split(' ');
    let (method, target) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    heard.lock().unwrap().push(format!("{method} {target}"));
    let mut body = vec![0; header("content-length").parse().unwrap_or(0)];
    stream.read_exact(&mut body)?;
    let said = if header("authorization") == authorization {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let variables = [
            ("GIT_PROJECT_ROOT", root.display().to_string()),
            ("GIT_HTTP_EXPORT_ALL", "1".to_owned()),
            ("REQUEST_METHOD", method.to_owned()),
            ("PATH_INFO", path.to_owned()),
            ("QUERY_STRING", query.to_owned()),
            ("CONTENT_TYPE", header("content-type")),
            ("CONTENT_LENGTH", body.len().to_string()),
            ("HTTP_CONTENT_ENCODING", header("content-encoding")),
            ("GIT_PROTOCOL", header("git-protocol")),
        ];
        by_gateway(&variables, &body)?
    } else {
        b"Status: 401 Unauthorized\r\nWWW-Authenticate: Basic realm=\"git\"\r\n\r\n".to_vec()
    };
    // What a gateway says begins with headers; `Status` among them is the answer's first line.
    let text = String::from_utf8_lossy(&said);
    let status = text.lines().take_while(|line| !line.is_empty()).find_map(|line| line.strip_prefix("Status: "));
    write!(stream, "HTTP/1.1 {}\r\nConnection: close\r\n", status.unwrap_or("200 OK"))?;
    stream.write_all(&said)?;
    stream.conn.send_close_notify();
    stream.flush()
}

fn by_gateway(variables: &[(&str, String)], body: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut backend = Command::new("git")
        .arg("http-backend")
        .envs(variables.iter().map(|(name, value)| (*name, value)))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()?;
    backend.stdin.take().expect("a pipe").write_all(body)?;
    Ok(backend.wait_with_output()?.stdout)
}
