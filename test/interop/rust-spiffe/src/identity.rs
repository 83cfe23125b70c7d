//! X.509-SVIDs: as they are now, and as they change.

use crate::{Outcome, say, whole};
use serde_json::json;
use spiffe::{WorkloadApiClient, X509Context, X509Source, X509Svid};
use std::error::Error;
use tokio::time::{Duration, sleep};
use x509_parser::parse_x509_certificate;

/// A stream that broke is opened again after so long.
const PAUSE: Duration = Duration::from_millis(500);

/// Gets an X.509 context as it is now.
pub async fn fetch() -> Outcome {
    let client = WorkloadApiClient::connect_env().await?;
    tell("svid", &client.fetch_x509_context().await?)
}

/// Prints every update of one stream, and what ended it; then of the next.
pub async fn watch() -> Outcome {
    loop {
        if let Err(error) = watch_once().await {
            say("error", json!({ "error": whole(&*error) }));
        }
        sleep(PAUSE).await;
    }
}

async fn watch_once() -> Outcome {
    let client = WorkloadApiClient::connect_env().await?;
    let mut updates = Box::pin(client.stream_x509_contexts().await?);
    while let Some(update) = futures_util::StreamExt::next(&mut updates).await {
        tell("update", &update?)?;
    }
    Ok(())
}

/// Prints what a source has whenever it says that this has changed.
pub async fn source() -> Outcome {
    let source = X509Source::new().await?;
    let mut updates = source.updated();
    loop {
        match source.x509_context() {
            Ok(context) => tell("update", &context)?,
            Err(error) => say("error", json!({ "error": whole(&error) })),
        }
        updates.changed().await?;
    }
}

fn tell(event: &str, context: &X509Context) -> Outcome {
    let svid = context.default_svid().ok_or("no SVID")?;
    let mut bundles: Vec<String> = context
        .bundle_set()
        .iter()
        .map(|(domain, _)| domain.to_string())
        .collect();
    bundles.sort();
    let (id, chain) = (svid.spiffe_id().to_string(), svid.cert_chain().len());
    say(
        event,
        json!({ "id": id, "serial": serial_of(svid)?, "chain": chain, "bundles": bundles }),
    );
    Ok(())
}

fn serial_of(svid: &X509Svid) -> Result<String, Box<dyn Error>> {
    let leaf = svid.cert_chain().first().ok_or("no certificate")?;
    let (_, certificate) = parse_x509_certificate(leaf.as_bytes())?;
    Ok(certificate.tbs_certificate.serial.to_string())
}
