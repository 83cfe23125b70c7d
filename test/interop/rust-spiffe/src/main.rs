//! A workload written with the Rust SDK. The suite beside it runs it and reads what it prints: one JSON object per line.
//! The address of the Workload API comes from SPIFFE_ENDPOINT_SOCKET.

mod identity;
mod mtls;
mod tokens;

use serde_json::{Value, json};
use std::error::Error;

pub type Outcome = Result<(), Box<dyn Error>>;

/// One line; the fields come beside the event's name.
pub fn say(event: &str, mut fields: Value) {
    fields["event"] = json!(event);
    println!("{fields}");
}

/// With what lies behind it.
pub fn whole(error: &dyn Error) -> String {
    match error.source() {
        Some(cause) => format!("{error}: {}", whole(cause)),
        None => error.to_string(),
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    if let Err(error) = run(&args).await {
        say("failed", json!({ "error": whole(&*error) }));
    }
}

async fn run(args: &[&str]) -> Outcome {
    match args {
        ["fetch"] => identity::fetch().await,
        ["watch"] => identity::watch().await,
        ["source"] => identity::source().await,
        ["serve", client] => mtls::serve(client).await,
        ["call", address, server] => mtls::call(address, server).await,
        ["token", audience @ ..] => tokens::fetch(audience).await,
        ["validate", audience, token] => tokens::validate(audience, token).await,
        _ => Err(format!("no such deed: {args:?}").into()),
    }
}
