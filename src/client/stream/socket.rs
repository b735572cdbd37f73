//! The only place that talks over a websocket: does what the session says and tells it what happened.

use std::{pin::pin, sync::Arc};

use futures_util::{SinkExt, Stream, StreamExt};
use secrecy::{ExposeSecret, SecretString};
use tokio::{net::TcpStream, sync::mpsc};
use tokio_tungstenite::{
    Connector, MaybeTlsStream, WebSocketStream,
    tungstenite::{
        Error, Message,
        client::IntoClientRequest,
        error::ProtocolError,
        http::HeaderValue,
        protocol::{CloseFrame, WebSocketConfig},
    },
};

use super::{
    StreamEvent, frames,
    frames::ServerFrame,
    session::{Input, Output, Patience, Session},
};
use crate::{
    client::{Client, error::ApiError, http, tls, unreachable, wire},
    domain::change::Seq,
};

/// Largest message that is read, in bytes. A change that carries a whole repository's workflows and catalog fits.
const MESSAGE_LIMIT: usize = 16 << 20;
/// Events that may wait for a listener; beyond it the socket is not read.
const WAITING_EVENTS: usize = 1_024;
/// Close code for a token that is not taken.
const CLOSE_FORBIDDEN: u16 = 4403;
/// Close code for a first message without a good token.
const CLOSE_UNAUTHORIZED: u16 = 4401;

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// Start following the log in a task of its own, which ends with the receiver.
pub(in crate::client) fn start(client: Client, epoch: String, after: Seq) -> mpsc::Receiver<StreamEvent> {
    let (tell, told) = mpsc::channel(WAITING_EVENTS);
    let session = Session::new(Patience::default(), epoch, after, client.world().now());
    tokio::spawn(async move { Link { client, tell, socket: None, token: None }.run(session).await });
    told
}

struct Link {
    client: Client,
    tell: mpsc::Sender<StreamEvent>,
    socket: Option<Socket>,
    /// The token of the last greeting.
    token: Option<SecretString>,
}

impl Link {
    async fn run(mut self, mut session: Session) {
        let mut next = Input::Tick;
        loop {
            let outputs = session.step(self.client.world().now(), next, self.client.world().unit());
            let mut happened = None;
            for output in outputs {
                match self.carry_out(output).await {
                    Ok(None) => {}
                    Ok(Some(input)) => happened = Some(input),
                    Err(Over) => return,
                }
            }
            next = match happened {
                Some(input) => input,
                None => match self.wait(&session).await {
                    Some(input) => input,
                    None => return,
                },
            };
        }
    }

    /// Do one thing. What it leads to at once comes back.
    async fn carry_out(&mut self, output: Output) -> Result<Option<Input>, Over> {
        match output {
            Output::Connect => Ok(Some(self.connect(false).await)),
            Output::ConnectAnew => Ok(Some(self.connect(true).await)),
            Output::Send(frame) => {
                let text = frame.write(self.token.as_ref().map(ExposeSecret::expose_secret));
                let Some(socket) = &mut self.socket else {
                    return Ok(None);
                };
                match socket.send(Message::text(text)).await {
                    Ok(()) => Ok(None),
                    Err(error) => {
                        self.socket = None;
                        Ok(Some(Input::Closed(clean(&error))))
                    }
                }
            }
            Output::Close => {
                // Dropping it closes it; a farewell could hang on a link that is dead.
                self.socket = None;
                Ok(None)
            }
            Output::Tell(event) => self.tell.send(event).await.map(|()| None).map_err(|_| Over),
            Output::Finish => Err(Over),
        }
    }

    /// Wait for a message, for the session's time, or for the listener to go.
    async fn wait(&mut self, session: &Session) -> Option<Input> {
        let world = self.client.world().clone();
        let wake_at = session.wake_at()?;
        let mut timer = pin!(world.sleep_until(wake_at));
        tokio::select! {
            biased;
            () = self.tell.closed() => None,
            input = receive(self.socket.as_mut()) => {
                if matches!(input, Input::Closed(_)) {
                    self.socket = None;
                }
                Some(input)
            }
            () = &mut timer => Some(Input::Tick),
        }
    }

    async fn connect(&mut self, anew: bool) -> Input {
        let world = self.client.world().clone();
        let limit = world.sleep(Patience::default().connect_ms);
        tokio::select! {
            opened = open(&self.client, self.token.take().filter(|_| anew)) => match opened {
                Ok((socket, token)) => {
                    self.socket = Some(socket);
                    self.token = token;
                    Input::Opened
                }
                Err(error) => Input::Closed(error.message),
            },
            () = limit => Input::Closed("no connection in time".to_owned()),
            () = self.tell.closed() => Input::Closed("nobody listens".to_owned()),
        }
    }
}

/// The listener is gone or the session is over.
struct Over;

/// A socket to the core, and the token to greet with; another one than `refused` where that was refused.
async fn open(client: &Client, refused: Option<SecretString>) -> Result<(Socket, Option<SecretString>), ApiError> {
    let token = match refused {
        Some(refused) => client.another_token(Some(&refused)).await.or(Some(refused)),
        None => client.token().await?,
    };
    let base = client.url();
    let mut url = http::join(base, "/graphql/ws")?;
    let encrypted = base.scheme() == "https";
    let scheme = if encrypted { "wss" } else { "ws" };
    url.set_scheme(scheme).map_err(|()| ApiError::protocol("the address has no websocket form"))?;
    let connector = if encrypted {
        // Without h2: a websocket begins as HTTP/1.1.
        Connector::Rustls(Arc::new(tls::encrypted(client.connection().ca_file.as_deref())?))
    } else {
        Connector::Plain
    };
    let unreachable = |e: Error| ApiError::new(crate::client::Kind::Unreachable, clean(&e));
    let mut request = url.as_str().into_client_request().map_err(unreachable)?;
    request.headers_mut().insert("sec-websocket-protocol", HeaderValue::from_static(frames::PROTOCOL));
    let limits = WebSocketConfig::default()
        .max_message_size(Some(MESSAGE_LIMIT))
        .max_frame_size(Some(MESSAGE_LIMIT))
        .read_buffer_size(64 << 10)
        .write_buffer_size(4 << 10);
    let (socket, _) = tokio_tungstenite::connect_async_tls_with_config(request, Some(limits), true, Some(connector))
        .await
        .map_err(unreachable)?;
    Ok((socket, token))
}

/// The next message of ours; never comes back without a socket.
async fn receive<S>(socket: Option<&mut S>) -> Input
where
    S: Stream<Item = Result<Message, Error>> + Unpin,
{
    let Some(socket) = socket else {
        return std::future::pending().await;
    };
    loop {
        return match socket.next().await {
            Some(Ok(Message::Text(text))) => match frames::read(text.as_str()) {
                Ok(frame) => Input::Frame(frame),
                Err(why) => Input::Unreadable(why),
            },
            Some(Ok(Message::Close(frame))) => closed(frame),
            // Pings of the websocket itself are answered below us.
            Some(Ok(_)) => continue,
            Some(Err(error)) => Input::Closed(clean(&error)),
            None => Input::Closed("the connection ended without a word from the core".to_owned()),
        };
    }
}

fn closed(frame: Option<CloseFrame>) -> Input {
    let Some(frame) = frame else {
        return Input::Closed("the core closed the connection".to_owned());
    };
    let code = u16::from(frame.code);
    let reason = wire::line(frame.reason.as_str());
    if matches!(code, CLOSE_FORBIDDEN | CLOSE_UNAUTHORIZED) {
        return Input::Frame(ServerFrame::Error { code: "unauthenticated".to_owned(), message: reason });
    }
    // A reason that names the core says all.
    Input::Closed(match reason.as_str() {
        "" => format!("the core closed the connection with code {code}"),
        said if said.starts_with("the core ") => reason,
        said => format!("the core closed the connection: {said}"),
    })
}

/// Why a socket failed, for the person who waits for it.
fn clean(error: &Error) -> String {
    let said = match error {
        Error::Io(error) => return unreachable::reason(error),
        Error::Protocol(ProtocolError::ResetWithoutClosingHandshake) | Error::ConnectionClosed => {
            "the connection broke off: the core ended without a word, or something between us and it cut it".to_owned()
        }
        Error::Http(answer) => {
            format!(
                "HTTP status {} came in place of a stream: is this the address of a core?",
                answer.status().as_u16()
            )
        }
        other => other.to_string(),
    };
    wire::line(&said)
}
