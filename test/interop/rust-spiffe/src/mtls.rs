//! mTLS, each side knowing the other by its SPIFFE ID.

use crate::{Outcome, say, whole};
use rustls::pki_types::ServerName;
use serde_json::json;
use spiffe::X509Source;
use spiffe_rustls::{authorizer, mtls_client, mtls_server};
use spiffe_rustls_tokio::{PeerIdentity, TlsAcceptor, TlsConnector};
use std::error::Error;
use std::sync::Arc;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// Greets clients that have this ID, and tells which ones it refused.
pub async fn serve(client: &str) -> Outcome {
    let source = X509Source::new().await?;
    let config = mtls_server(source)
        .authorize(authorizer::exact([client])?)
        .build()?;
    let acceptor = TlsAcceptor::new(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    say("listening", json!({ "address": listener.local_addr()?.to_string() }));
    loop {
        let (connection, _) = listener.accept().await?;
        if let Err(error) = greet(&acceptor, connection).await {
            say("refused", json!({ "error": whole(&*error) }));
        }
    }
}

async fn greet(acceptor: &TlsAcceptor, connection: TcpStream) -> Outcome {
    let (mut stream, peer) = acceptor.accept(connection).await?;
    let id = id_of(&peer)?;
    say("accepted", json!({ "id": id }));
    stream.write_all(format!("hello {id}").as_bytes()).await?;
    stream.shutdown().await?;
    Ok(())
}

/// Connects to a server that must have this ID, and prints what it says.
pub async fn call(address: &str, server: &str) -> Outcome {
    let source = X509Source::new().await?;
    let config = mtls_client(source)
        .authorize(authorizer::exact([server])?)
        .build()?;
    let connector = TlsConnector::new(Arc::new(config));
    let name = ServerName::try_from("peer.example")?; // who it is, its SPIFFE ID says
    let (mut stream, peer) = connector.connect_addr(address.parse()?, name).await?;
    let mut text = String::new();
    stream.read_to_string(&mut text).await?;
    say("answer", json!({ "id": id_of(&peer)?, "text": text }));
    Ok(())
}

fn id_of(peer: &PeerIdentity) -> Result<String, Box<dyn Error>> {
    Ok(peer.spiffe_id().ok_or("the peer has no SPIFFE ID")?.to_string())
}
