//! Messages, mail, documents, customers: services of all sorts.

use crate::checks;
use crate::shape::Class::{Alnum, Base64, Dotted, Hex, HexAny, Lower, Path, Url, Wide};
use crate::shape::{Shape, exact, shape};

#[rustfmt::skip]
pub(super) static SHAPES: &[Shape] = &[
    exact("adobe-client-secret", "Adobe client secret", &["p8e-"], Alnum, 32),
    exact("airtable-token", "Airtable personal access token", &["pat"], Dotted, 79).check(checks::airtable),
    shape("beamer-token", "Beamer API key", &["b_"], Url, (44, 45)).near(&["beamer"]),
    shape("calcom-key", "Cal.com key", &["cal_live_"], Hex, (32, 40)),
    exact("brevo-api-key", "Brevo API key", &["xkeysib-", "xsmtpsib-"], Url, 81).check(checks::brevo),
    shape("defined-networking-token", "Defined Networking token", &["dnkey-"], Url, (79, 79)),
    shape("discord-bot-token", "Discord bot token", &["MT", "Mj", "Mz", "ND", "NT", "Nj", "Nz", "OD", "OT", "MZ", "Mg", "MD", "Nk", "NZ"], Dotted, (55, 75)).check(checks::discord),
    shape("discord-webhook", "Discord webhook", &["discord.com/api/webhooks/", "discordapp.com/api/webhooks/"], Path, (80, 100)).check(checks::discord_hook),
    shape("dropbox-token", "Dropbox access token", &["sl.", "sl.u."], Url, (130, 1500)),
    shape("facebook-token", "Facebook access token", &["EAAM", "EAAC", "EAAB", "EAAG", "EAAE", "EAAF", "EAAI", "EAAJ", "EAAP", "EAAU", "EAAW", "EAAZ"], Alnum, (90, 300)),
    shape("figma-token", "Figma token", &["figd_", "figu_", "figo_"], Url, (38, 48)),
    exact("frameio-token", "Frame.io token", &["fio-u-"], Url, 64),
    shape("hubspot-token", "HubSpot private app token", &["pat-na1-", "pat-na2-", "pat-eu1-", "pat-ap1-"], Url, (36, 36)).check(checks::uuid),
    shape("intercom-token", "Intercom access token", &["dG9rO"], Base64, (55, 60)),
    exact("intra42-secret", "Intra42 client secret", &["s-s4t2ud-", "s-s4t2af-"], HexAny, 64),
    shape("klaviyo-key", "Klaviyo private key", &["pk_"], Hex, (34, 34)),
    shape("linkedin-token", "LinkedIn client secret", &["WPL_AP1.", "WPL_AP0."], Wide, (20, 40)),
    exact("mailgun-key", "Mailgun key", &["key-"], Hex, 32),
    exact("mailgun-key", "Mailgun public key", &["pubkey-"], Hex, 32).sure(0.75),
    exact("mandrill-key", "Mailchimp Transactional key", &["md-"], Url, 22).check(checks::no_words),
    shape("mapbox-token", "Mapbox secret token", &["sk.eyJ"], Dotted, (70, 120)),
    shape("mapbox-token", "Mapbox token", &["pk.eyJ"], Dotted, (70, 120)).sure(0.7),
    shape("notion-token", "Notion token", &["ntn_"], Alnum, (46, 46)).check(notion),
    shape("notion-token", "Notion token", &["secret_"], Alnum, (43, 43)).check(checks::no_words),
    shape("onesignal-key", "OneSignal API key", &["os_v2_app_", "os_v2_org_"], Lower, (80, 120)),
    shape("pinterest-token", "Pinterest token", &["pina_"], Alnum, (60, 120)),
    shape("posthog-key", "PostHog personal key", &["phx_", "phs_"], Url, (43, 48)),
    shape("resend-key", "Resend API key", &["re_"], Url, (33, 34)).check(resend),
    shape("retool-key", "Retool API key", &["retool_"], Alnum, (26, 60)).check(checks::mixed),
    shape("sendgrid-key", "SendGrid key", &["SG."], Dotted, (65, 66)).check(checks::sendgrid),
    exact("settlemint-token", "SettleMint token", &["sm_pat_", "sm_aat_", "sm_sat_"], Alnum, 16),
    shape("slack-token", "Slack token", &["xoxb-", "xoxa-", "xoxp-", "xoxr-", "xoxs-", "xoxo-", "xoxc-", "xoxd-", "xoxe-", "xoxe.xoxp-", "xoxe.xoxb-", "xapp-", "xwfp-"], Url, (18, 300)).check(checks::slack).critical(),
    shape("slack-webhook", "Slack webhook", &["hooks.slack.com/services/", "hooks.slack.com/workflows/", "hooks.slack.com/triggers/"], Path, (36, 90)).check(checks::slack_hook),
    shape("sumologic-id", "Sumo Logic access id", &["su"], Alnum, (12, 12)).near(&["sumologic", "SumoLogic", "sumo"]).check(checks::no_words),
    shape("teams-webhook", "Microsoft Teams webhook", &["webhook.office.com/webhookb2/"], Wide, (120, 220)).check(checks::teams_hook),
    shape("telnyx-key", "Telnyx API key", &["KEY0"], Url, (50, 56)).check(checks::no_words),
    shape("twilio-key", "Twilio key", &["SK"], HexAny, (32, 32)).sure(0.85),
    shape("twilio-sid", "Twilio account SID", &["AC"], Hex, (32, 32)).sure(0.5),
    shape("trello-token", "Trello token", &["ATTA"], HexAny, (60, 80)),
    exact("zapier-webhook", "Zapier webhook", &["hooks.zapier.com/hooks/catch/"], Path, 15),
    shape("wix-key", "Wix API key", &["IST."], Dotted, (300, 900)),
    shape("zoho-token", "Zoho token", &["1000."], Dotted, (65, 65)).check(zoho),
    shape("storyblok-token", "Storyblok token", &["sb-"], Url, (40, 60)).near(&["storyblok"]),
    exact("ngrok-token", "ngrok API key", &["ak_"], Alnum, 27).near(&["ngrok"]),
    shape("clerk-key", "Clerk machine key", &["ak_live_", "ak_test_"], Alnum, (32, 64)),
];

/// Eleven digits, then letters and digits.
fn notion(body: &[u8]) -> Option<f64> {
    let digits = body.iter().take_while(|byte| byte.is_ascii_digit()).count();
    ((9..=16).contains(&digits) && body.iter().any(u8::is_ascii_uppercase)).then_some(0.97)
}

/// Eight characters, `_`, and 24 or 25.
fn resend(body: &[u8]) -> Option<f64> {
    let (id, rest) = body.split_at_checked(8)?;
    let (mark, secret) = rest.split_first()?;
    (Alnum.all(id) && *mark == b'_' && Alnum.all(secret) && checks::no_words(secret).is_some())
        .then_some(0.95)
}

/// Two times 32 hexadecimal digits.
fn zoho(body: &[u8]) -> Option<f64> {
    let (first, rest) = body.split_at_checked(32)?;
    let (dot, second) = rest.split_first()?;
    (Hex.all(first) && *dot == b'.' && Hex.all(second)).then_some(0.97)
}
