//! JWT-SVIDs: fetched, and verified here and by the Workload API.

use crate::{Outcome, say};
use serde_json::json;
use spiffe::{JwtSource, JwtSvid, WorkloadApiClient};

/// Gets a token through a JWT source, and verifies it by the source's bundles.
pub async fn fetch(audience: &[&str]) -> Outcome {
    let source = JwtSource::new().await?;
    let svid = source.fetch_jwt_svid(audience).await?;
    let verified = JwtSvid::parse_and_validate(svid.token(), &source, audience)?;
    say("token", json!({ "id": verified.spiffe_id().to_string(), "text": svid.token() }));
    Ok(())
}

/// Has a token verified by the Workload API, and by the bundles that it gives.
pub async fn validate(audience: &str, token: &str) -> Outcome {
    let client = WorkloadApiClient::connect_env().await?;
    let bundles = client.fetch_jwt_bundles().await?;
    let own = JwtSvid::parse_and_validate(token, &bundles, &[audience])?;
    let answered = client.validate_jwt_token(audience, token).await?;
    say(
        "token",
        json!({ "id": answered.spiffe_id().to_string(), "text": own.spiffe_id().to_string() }),
    );
    Ok(())
}
