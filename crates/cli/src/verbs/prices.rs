//! `doppel prices`: the config folder's prices, renewed from AWS's Price List.

use serde_json::json;

use crate::account::Account;
use crate::args::{Place, Prices};
use crate::exit::{Exit, Stop};
use crate::{output, price_list};

pub async fn run(prices: Prices, place: &Place, json: bool) -> Result<(), Stop> {
    let Prices::Refresh { region, print } = prices;
    let reached = Account::reach(place).await?;
    let region = match (region, reached.aws.region()) {
        (Some(region), _) => region,
        (None, Some(region)) => region.to_string(),
        (None, None) => return Err(Exit::Usage.with("say for which Region: --region eu-west-1")),
    };
    let mut listed = price_list::fetch(&reached.aws, &region).await?;
    if listed.is_empty() {
        return Err(Exit::NotFound.with(format!(
            "AWS lists no price of Aurora for `{region}`; nothing was changed"
        )));
    }
    let today = reached.clock.now().date_naive();
    listed.prices.source = format!("AWS Price List API, {region}");
    listed.prices.date = Some(today);
    let text = listed.prices.to_toml();
    let said = if print {
        output::text(&text)?;
        return Ok(());
    } else {
        reached.config()?.write_prices(&text).await?
    };
    if json {
        return output::json(&json!({
            "written": said, "region": region, "date": today, "prices": listed.count(), "doubtful": listed.doubtful,
        }));
    }
    output::line(&format!("{} prices of {region} are in {said}", listed.count()))?;
    for doubtful in &listed.doubtful {
        output::line(&format!("left out, for AWS lists two prices: {doubtful}"))?;
    }
    Ok(())
}
