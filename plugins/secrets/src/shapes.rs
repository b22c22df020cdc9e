//! What providers' credentials look like, one row each, from the providers' own documentation.

use caponier_sdk::Severity;

use crate::judge::crc_base62;

/// Which characters a body is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Class {
    /// Lower-case hexadecimal digits.
    Hex = 0,
    /// Hexadecimal digits of either case.
    HexAny = 1,
    /// Upper-case letters and digits.
    Upper = 2,
    /// Letters and digits.
    Alnum = 3,
    /// Letters, digits, `_` and `-`.
    Url = 4,
    /// The same and `.`.
    Dotted = 5,
    /// Letters, digits, `+`, `/`, `=`, `_`, `-`.
    Base64 = 6,
    /// Letters, digits, `/`: a path.
    Path = 7,
}

pub(crate) const CLASSES: usize = 8;

impl Class {
    pub(crate) const fn has(self, byte: u8) -> bool {
        match self {
            Self::Hex => matches!(byte, b'0'..=b'9' | b'a'..=b'f'),
            Self::HexAny => byte.is_ascii_hexdigit(),
            Self::Upper => matches!(byte, b'0'..=b'9' | b'A'..=b'Z'),
            Self::Alnum => byte.is_ascii_alphanumeric(),
            Self::Url => byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'),
            Self::Dotted => byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.'),
            Self::Base64 => {
                byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'+' | b'/' | b'=')
            }
            Self::Path => byte.is_ascii_alphanumeric() || byte == b'/',
        }
    }
}

/// What else must hold of a body: a confidence of its own, or that it is none.
type Check = fn(&[u8]) -> Option<f64>;

/// A credential's shape: a prefix, then a body.
pub(crate) struct Shape {
    pub(crate) rule: &'static str,
    pub(crate) title: &'static str,
    pub(crate) prefixes: &'static [&'static str],
    pub(crate) class: Class,
    /// Fewest and most bytes of the body.
    pub(crate) length: (usize, usize),
    /// One of these has to stand shortly before it, in any case. Empty: the shape is enough.
    pub(crate) context: &'static [&'static str],
    /// What else must hold of the body: a confidence of its own, or that it is none.
    pub(crate) check: Option<Check>,
    pub(crate) severity: Severity,
    pub(crate) confidence: f64,
}

const fn shape(
    rule: &'static str,
    title: &'static str,
    prefixes: &'static [&'static str],
    class: Class,
    length: (usize, usize),
) -> Shape {
    Shape {
        rule,
        title,
        prefixes,
        class,
        length,
        context: &[],
        check: None,
        severity: Severity::High,
        confidence: 0.95,
    }
}

impl Shape {
    const fn near(mut self, context: &'static [&'static str]) -> Self {
        self.context = context;
        self
    }

    const fn check(mut self, check: Check) -> Self {
        self.check = Some(check);
        self
    }

    const fn critical(mut self) -> Self {
        self.severity = Severity::Critical;
        self
    }

    const fn sure(mut self, confidence: f64) -> Self {
        self.confidence = confidence;
        self
    }
}

/// Every shape, one a line. A prefix stands in one row only.
#[rustfmt::skip]
pub(crate) static SHAPES: &[Shape] = &[
    shape("age-secret-key", "age secret key", &["AGE-SECRET-KEY-1"], Class::Upper, (58, 58)).critical(),
    shape("aws-access-key", "AWS access key id", &["AKIA", "ASIA", "ABIA", "ACCA", "A3T"], Class::Upper, (16, 17)).check(aws_key),
    shape("aws-bedrock-key", "Amazon Bedrock API key", &["ABSKQmVkcm9ja0FQSUtleS"], Class::Base64, (100, 260)).critical(),
    shape("aws-bedrock-key", "Amazon Bedrock API key", &["bedrock-api-key-YmVkcm9jay5hbWF6b25hd3MuY29t"], Class::Base64, (0, 3000)).critical(),
    shape("adobe-client-secret", "Adobe client secret", &["p8e-"], Class::Alnum, (32, 32)),
    shape("airtable-token", "Airtable personal access token", &["pat"], Class::Dotted, (79, 79)).check(airtable),
    shape("alibaba-access-key", "Alibaba Cloud access key id", &["LTAI"], Class::Alnum, (17, 21)).sure(0.85),
    shape("anthropic-api-key", "Anthropic API key", &["sk-ant-api03-", "sk-ant-admin01-", "sk-ant-oat01-"], Class::Url, (80, 120)).check(ends_in_aa).critical(),
    shape("artifactory-token", "JFrog Artifactory token", &["AKCp"], Class::Alnum, (64, 73)),
    shape("artifactory-token", "JFrog Artifactory reference token", &["cmVmdG"], Class::Alnum, (58, 58)),
    shape("atlassian-token", "Atlassian API token", &["ATATT3", "ATCTT3"], Class::Base64, (150, 260)),
    shape("atlassian-token", "Bitbucket app password", &["ATBB"], Class::Alnum, (32, 32)),
    shape("azure-storage-key", "Azure storage account key", &["AccountKey=", "SharedAccessKey="], Class::Base64, (43, 88)).check(padded).critical(),
    shape("brevo-api-key", "Brevo API key", &["xkeysib-"], Class::Url, (81, 81)),
    shape("buildkite-token", "Buildkite token", &["bkua_"], Class::Hex, (40, 40)),
    shape("cerebras-api-key", "Cerebras API key", &["csk-"], Class::Alnum, (40, 56)),
    shape("circleci-token", "CircleCI token", &["CCIPAT_", "CCIPRJ_"], Class::Url, (40, 80)),
    shape("clickhouse-key", "ClickHouse Cloud API secret", &["4b1d"], Class::Alnum, (38, 38)),
    shape("clojars-token", "Clojars token", &["CLOJARS_"], Class::Hex, (60, 60)),
    shape("cloudflare-origin-ca-key", "Cloudflare origin CA key", &["v1.0-"], Class::Url, (171, 171)),
    shape("databricks-token", "Databricks token", &["dapi"], Class::Url, (32, 34)).check(databricks),
    shape("digitalocean-token", "DigitalOcean token", &["dop_v1_", "doo_v1_", "dor_v1_"], Class::Hex, (64, 64)),
    shape("discord-bot-token", "Discord bot token", &["MT", "Mj", "Mz", "ND", "NT", "Nj", "Nz", "OD", "OT", "MZ"], Class::Dotted, (55, 75)).check(discord),
    shape("docker-token", "Docker Hub token", &["dckr_pat_", "dckr_oat_"], Class::Url, (27, 32)),
    shape("doppler-token", "Doppler token", &["dp.pt.", "dp.st.", "dp.ct.", "dp.sa.", "dp.scim.", "dp.audit."], Class::Dotted, (40, 60)),
    shape("duffel-token", "Duffel token", &["duffel_test_", "duffel_live_"], Class::Base64, (43, 43)),
    shape("dynatrace-token", "Dynatrace token", &["dt0c01.", "dt0s01.", "dt0s16."], Class::Dotted, (60, 95)),
    shape("easypost-token", "EasyPost key", &["EZAK", "EZTK"], Class::Alnum, (54, 54)),
    shape("facebook-token", "Facebook access token", &["EAAM", "EAAC"], Class::Alnum, (90, 300)),
    shape("figma-token", "Figma token", &["figd_"], Class::Url, (38, 48)),
    shape("fly-token", "Fly.io token", &["fo1_"], Class::Url, (43, 43)),
    shape("fly-token", "Fly.io token", &["fm1r_", "fm1a_", "fm2_"], Class::Base64, (100, 1000)),
    shape("frameio-token", "Frame.io token", &["fio-u-"], Class::Url, (64, 64)),
    shape("github-token", "GitHub token", &["ghp_", "gho_", "ghu_", "ghs_", "ghr_"], Class::Alnum, (36, 76)).check(github).critical(),
    shape("github-token", "GitHub fine-grained token", &["github_pat_"], Class::Url, (82, 82)).critical(),
    shape("gitlab-token", "GitLab token", &["glpat-"], Class::Dotted, (20, 64)).critical(),
    shape("gitlab-token", "GitLab token", &["gldt-", "glft-", "glcbt-", "glrt-", "glimt-", "glptt-", "glsoat-", "glagent-", "gloas-", "glffct-"], Class::Dotted, (15, 80)),
    shape("gitlab-token", "GitLab runner token", &["GR1348941"], Class::Url, (20, 50)),
    shape("google-api-key", "Google API key", &["AIza"], Class::Url, (35, 35)),
    shape("google-oauth-secret", "Google OAuth client secret", &["GOCSPX-"], Class::Url, (28, 28)),
    shape("google-oauth-token", "Google OAuth access token", &["ya29."], Class::Url, (40, 1000)),
    shape("google-oauth-token", "Google OAuth refresh token", &["1//0"], Class::Url, (60, 120)),
    shape("grafana-token", "Grafana token", &["glsa_"], Class::Alnum, (32, 32)).check(any),
    shape("grafana-token", "Grafana Cloud token", &["glc_"], Class::Base64, (32, 400)),
    shape("groq-api-key", "Groq API key", &["gsk_"], Class::Alnum, (52, 52)),
    shape("heroku-token", "Heroku token", &["HRKU-AA"], Class::Url, (58, 58)),
    shape("hubspot-token", "HubSpot private app token", &["pat-na1-", "pat-na2-", "pat-eu1-"], Class::Url, (36, 36)),
    shape("huggingface-token", "Hugging Face token", &["hf_", "api_org_"], Class::Alnum, (34, 37)).check(no_words),
    shape("infracost-token", "Infracost API key", &["ico-"], Class::Alnum, (32, 32)).check(not_hex),
    shape("intra42-secret", "Intra42 client secret", &["s-s4t2ud-", "s-s4t2af-"], Class::Hex, (64, 64)),
    shape("langsmith-key", "LangSmith API key", &["lsv2_pt_", "lsv2_sk_"], Class::Url, (43, 43)),
    shape("launchdarkly-key", "LaunchDarkly access token", &["api-", "sdk-"], Class::Url, (36, 36)).check(uuid).near(&["launchdarkly", "ld_", "ld-"]),
    shape("linear-token", "Linear token", &["lin_api_", "lin_oauth_"], Class::Alnum, (40, 64)),
    shape("mailgun-key", "Mailgun key", &["key-"], Class::Hex, (32, 32)),
    shape("netlify-token", "Netlify token", &["nfp_", "nfc_", "nfo_"], Class::Alnum, (36, 40)),
    shape("newrelic-key", "New Relic key", &["NRAK-", "NRII-", "NRIQ-", "NRRA-", "NRJS-"], Class::Url, (19, 42)),
    shape("notion-token", "Notion token", &["ntn_", "secret_"], Class::Alnum, (43, 46)),
    shape("npm-token", "npm token", &["npm_"], Class::Alnum, (36, 36)).check(checksum).critical(),
    shape("nuget-key", "NuGet API key", &["oy2"], Class::Alnum, (43, 43)),
    shape("nvidia-api-key", "NVIDIA API key", &["nvapi-"], Class::Url, (60, 70)),
    shape("octopus-key", "Octopus Deploy API key", &["API-"], Class::Upper, (26, 26)),
    shape("okta-token", "Okta token", &["00"], Class::Url, (40, 40)).near(&["okta"]),
    shape("onepassword-key", "1Password secret key", &["A3-"], Class::Url, (36, 37)).check(onepassword),
    shape("onepassword-token", "1Password service account token", &["ops_eyJ"], Class::Base64, (200, 2000)).critical(),
    shape("openai-api-key", "OpenAI API key", &["sk-proj-", "sk-svcacct-", "sk-admin-", "sk-None-"], Class::Url, (40, 170)).critical(),
    shape("openai-api-key", "OpenAI API key", &["sk-"], Class::Alnum, (32, 64)).check(openai).critical(),
    shape("openrouter-api-key", "OpenRouter API key", &["sk-or-v1-"], Class::Hex, (64, 64)),
    shape("openshift-token", "OpenShift token", &["sha256~"], Class::Url, (43, 43)),
    shape("perplexity-api-key", "Perplexity API key", &["pplx-"], Class::Alnum, (48, 56)),
    shape("planetscale-token", "PlanetScale token", &["pscale_tkn_", "pscale_pw_", "pscale_oauth_"], Class::Dotted, (32, 64)),
    shape("posthog-key", "PostHog personal key", &["phx_"], Class::Url, (43, 48)),
    shape("postman-key", "Postman API key", &["PMAK-"], Class::Url, (59, 59)),
    shape("prefect-token", "Prefect token", &["pnu_"], Class::Alnum, (36, 36)),
    shape("pulumi-token", "Pulumi token", &["pul-"], Class::Hex, (40, 40)),
    shape("pypi-token", "PyPI token", &["pypi-AgE"], Class::Url, (50, 1000)).critical(),
    shape("readme-token", "ReadMe key", &["rdme_"], Class::Alnum, (70, 70)),
    shape("replicate-token", "Replicate token", &["r8_"], Class::Alnum, (37, 40)),
    shape("rubygems-key", "RubyGems key", &["rubygems_"], Class::Hex, (48, 48)),
    shape("scalingo-token", "Scalingo token", &["tk-us-"], Class::Url, (48, 48)),
    shape("sendgrid-key", "SendGrid key", &["SG."], Class::Dotted, (60, 70)).check(sendgrid),
    shape("sentry-token", "Sentry token", &["sntrys_eyJ"], Class::Base64, (80, 500)),
    shape("sentry-token", "Sentry user token", &["sntryu_"], Class::Hex, (64, 64)),
    shape("settlemint-token", "SettleMint token", &["sm_pat_", "sm_aat_", "sm_sat_"], Class::Alnum, (16, 16)),
    shape("shippo-token", "Shippo token", &["shippo_live_", "shippo_test_"], Class::Hex, (40, 40)),
    shape("shopify-token", "Shopify token", &["shpat_", "shpca_", "shppa_", "shpss_"], Class::HexAny, (32, 32)),
    shape("slack-token", "Slack token", &["xoxb-", "xoxa-", "xoxp-", "xoxr-", "xoxs-", "xoxo-", "xoxc-", "xoxd-", "xoxe-", "xoxe.xoxp-", "xoxe.xoxb-", "xapp-"], Class::Url, (18, 300)).check(slack).critical(),
    shape("slack-webhook", "Slack webhook", &["hooks.slack.com/services/", "hooks.slack.com/workflows/", "hooks.slack.com/triggers/"], Class::Path, (36, 90)),
    shape("sonar-token", "SonarQube token", &["squ_", "sqp_", "sqa_"], Class::Hex, (40, 40)),
    shape("sourcegraph-token", "Sourcegraph token", &["sgp_"], Class::Url, (40, 62)).check(sourcegraph),
    shape("square-token", "Square token", &["sq0atp-", "sq0csp-", "sq0idp-"], Class::Url, (22, 60)),
    shape("square-token", "Square access token", &["EAAAE", "EAAAF"], Class::Url, (59, 63)),
    shape("stripe-key", "Stripe key", &["sk_live_", "rk_live_", "sk_prod_", "rk_prod_"], Class::Alnum, (10, 107)).critical(),
    shape("stripe-key", "Stripe test key", &["sk_test_", "rk_test_"], Class::Alnum, (10, 107)).sure(0.9),
    shape("stripe-webhook-secret", "Stripe webhook secret", &["whsec_"], Class::Base64, (32, 64)),
    shape("sumologic-id", "Sumo Logic access id", &["su"], Class::Alnum, (12, 12)).near(&["sumologic", "sumo_", "sumo-", "sumo logic"]).check(no_words),
    shape("supabase-token", "Supabase token", &["sbp_"], Class::Hex, (40, 40)),
    shape("supabase-token", "Supabase secret key", &["sb_secret_"], Class::Url, (28, 40)),
    shape("tailscale-key", "Tailscale key", &["tskey-auth-", "tskey-api-", "tskey-client-"], Class::Url, (20, 64)),
    shape("telegram-bot-token", "Telegram bot token", &[], Class::Url, (35, 35)),
    shape("terraform-token", "Terraform Cloud token", &["atlasv1."], Class::Url, (60, 70)),
    shape("twilio-key", "Twilio key", &["SK"], Class::Hex, (32, 32)).sure(0.85),
    shape("typeform-token", "Typeform token", &["tfp_"], Class::Dotted, (59, 59)),
    shape("vault-token", "HashiCorp Vault token", &["hvs.", "hvb.", "hvr."], Class::Url, (24, 220)).critical(),
    shape("vault-token", "HashiCorp Vault token", &["s."], Class::Alnum, (24, 24)).check(no_words),
    shape("xai-api-key", "xAI API key", &["xai-"], Class::Alnum, (70, 84)),
    shape("yandex-token", "Yandex Cloud token", &["t1.", "AQVN"], Class::Dotted, (35, 300)).sure(0.75).check(no_words),
];

/// The body is followed by `_` and a checksum, which `Pass::shape` adds.
fn any(_: &[u8]) -> Option<f64> {
    Some(0.95)
}

fn aws_key(body: &[u8]) -> Option<f64> {
    body.iter()
        .rev()
        .take(16)
        .all(|byte| matches!(byte, b'A'..=b'Z' | b'2'..=b'7'))
        .then_some(0.97)
}

/// GitHub's own checksum makes it certain. Tokens from before it, and made-up ones, lack it.
fn github(body: &[u8]) -> Option<f64> {
    Some(if crc_base62(body) { 0.99 } else { 0.85 })
}

fn checksum(body: &[u8]) -> Option<f64> {
    Some(if crc_base62(body) { 0.99 } else { 0.85 })
}

fn ends_in_aa(body: &[u8]) -> Option<f64> {
    (body.len() == 95 && body.ends_with(b"AA")).then_some(0.98)
}

/// An account key is 64 bytes, a bus key 32: whole base64 with its padding.
fn padded(body: &[u8]) -> Option<f64> {
    (body.ends_with(b"=") && body.len().is_multiple_of(4)).then_some(0.98)
}

fn airtable(body: &[u8]) -> Option<f64> {
    (body.get(14) == Some(&b'.')).then_some(0.95)
}

fn databricks(body: &[u8]) -> Option<f64> {
    let (digits, rest) = body.split_at_checked(32)?;
    let counted = matches!(rest, [] | [b'-', b'0'..=b'9']);
    (counted && digits.iter().all(|byte| Class::Hex.has(*byte))).then_some(0.95)
}

/// Three parts: the bot's number in base64, a time, a signature.
fn discord(body: &[u8]) -> Option<f64> {
    let mut parts = body.split(|byte| *byte == b'.');
    let lengths = (
        parts.next()?.len(),
        parts.next()?.len(),
        parts.next()?.len(),
    );
    (matches!(lengths, (21..=24, 6, 27..=38)) && parts.next().is_none()).then_some(0.95)
}

fn sendgrid(body: &[u8]) -> Option<f64> {
    (body.iter().position(|byte| *byte == b'.')? == 22 && body.len() >= 65).then_some(0.97)
}

fn uuid(body: &[u8]) -> Option<f64> {
    crate::judge::is_uuid(body).then_some(0.9)
}

fn onepassword(body: &[u8]) -> Option<f64> {
    let groups: Vec<usize> = body.split(|byte| *byte == b'-').map(<[u8]>::len).collect();
    let upper = body
        .iter()
        .all(|byte| *byte == b'-' || Class::Upper.has(*byte));
    (upper && matches!(groups.as_slice(), [6, 11, 5, 5, 5] | [6, 6, 5, 5, 5, 5])).then_some(0.95)
}

/// Old keys carry the middle mark; others are only likely.
fn openai(body: &[u8]) -> Option<f64> {
    if crate::judge::contains(body, b"t3blbkfj") {
        return Some(0.99);
    }
    let made = crate::judge::Makeup::of(body);
    (made.digits >= 3 && made.letters() >= 6 && made.turns >= 5).then_some(0.85)
}

fn slack(body: &[u8]) -> Option<f64> {
    let made = crate::judge::Makeup::of(body);
    (made.digits >= 6).then_some(0.95)
}

fn sourcegraph(body: &[u8]) -> Option<f64> {
    let tail = body.rsplit(|byte| *byte == b'_').next()?;
    (tail.len() == 40
        && tail.iter().all(u8::is_ascii_hexdigit)
        && tail.iter().filter(|byte| byte.is_ascii_digit()).count() >= 5)
        .then_some(0.95)
}

fn not_hex(body: &[u8]) -> Option<f64> {
    (!body.iter().all(u8::is_ascii_hexdigit)).then_some(0.95)
}

/// Random text changes between cases or digits often; identifiers of code do not.
fn no_words(body: &[u8]) -> Option<f64> {
    let made = crate::judge::Makeup::of(body);
    let changes = body
        .windows(2)
        .filter(|pair| matches!(pair, [a, b] if a.is_ascii_lowercase() != b.is_ascii_lowercase()))
        .count();
    (changes * 4 >= body.len() && (made.digits > 0 || body.len() >= 30)).then_some(0.95)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_stands_in_one_row() {
        let mut all: Vec<&str> = SHAPES
            .iter()
            .flat_map(|shape| shape.prefixes)
            .copied()
            .collect();
        let count = all.len();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), count);
    }
}
