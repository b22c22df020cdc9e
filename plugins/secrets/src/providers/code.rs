//! Where code lives, is built, packaged and watched.

use crate::checks;
use crate::shape::Class::{Alnum, Base64, Dotted, Hex, HexAny, Lower, Upper, Url, Wide};
use crate::shape::{Shape, exact, shape};

#[rustfmt::skip]
pub(super) static SHAPES: &[Shape] = &[
    shape("artifactory-token", "JFrog Artifactory token", &["AKCp"], Alnum, (64, 73)),
    exact("artifactory-token", "JFrog Artifactory reference token", &["cmVmdG"], Alnum, 58),
    shape("atlassian-token", "Atlassian API token", &["ATATT3", "ATCTT3"], Base64, (150, 260)),
    shape("atlassian-token", "Bitbucket app password", &["ATBB"], Alnum, (32, 32)),
    exact("axiom-token", "Axiom token", &["xaat-", "xapt-"], Url, 36).check(checks::uuid),
    exact("buildkite-token", "Buildkite token", &["bkua_", "bkaj_", "bkct_"], Hex, 40),
    shape("circleci-token", "CircleCI token", &["CCIPAT_", "CCIPRJ_"], Url, (40, 80)),
    exact("clojars-token", "Clojars token", &["CLOJARS_"], Alnum, 60),
    exact("crates-io-token", "crates.io token", &["cio"], Alnum, 32).check(checks::no_words),
    shape("dbt-token", "dbt Cloud token", &["dbtc_", "dbtu_"], Url, (36, 60)),
    exact("denodeploy-token", "Deno Deploy token", &["ddp_", "ddw_"], Alnum, 36),
    shape("docker-token", "Docker Hub token", &["dckr_pat_", "dckr_oat_"], Url, (27, 32)),
    exact("docker-swarm-token", "Docker swarm join token", &["SWMTKN-1-"], Url, 76),
    exact("github-token", "GitHub token", &["ghp_", "gho_", "ghu_", "ghr_"], Alnum, 36).check(checks::checksum).critical(),
    shape("github-token", "GitHub installation token", &["ghs_"], Alnum, (36, 76)).check(checks::checksum).critical(),
    exact("github-token", "GitHub fine-grained token", &["github_pat_"], Url, 82).critical(),
    shape("gitlab-token", "GitLab token", &["glpat-", "glrt-"], Dotted, (20, 320)).check(checks::gitlab).critical(),
    exact("gitlab-token", "GitLab token", &["gldt-", "glft-", "glffct-", "glsoat-", "glwt-"], Url, 20),
    shape("gitlab-token", "GitLab job token", &["glcbt-"], Url, (22, 26)).check(checks::gitlab_job),
    exact("gitlab-token", "GitLab incoming mail token", &["glimt-"], Url, 25),
    exact("gitlab-token", "GitLab trigger token", &["glptt-"], Url, 40).sure(0.85),
    shape("gitlab-token", "GitLab agent token", &["glagent-"], Url, (50, 100)),
    exact("gitlab-token", "GitLab application secret", &["gloas-"], Url, 64),
    exact("gitlab-token", "GitLab runner token", &["GR1348941"], Url, 20),
    exact("gitlab-token", "GitLab session", &["_gitlab_session="], Hex, 32),
    shape("grafana-token", "Grafana service account token", &["glsa_"], Url, (41, 41)).check(grafana),
    shape("grafana-token", "Grafana Cloud token", &["glc_"], Base64, (32, 400)),
    shape("grafana-token", "Grafana API key", &["eyJrIjoi"], Base64, (70, 400)),
    shape("harness-token", "Harness token", &["pat.", "sat."], Dotted, (68, 68)).check(checks::harness),
    shape("hex-key", "Hex.pm key", &["hxtp_"], Alnum, (40, 80)),
    shape("honeycomb-key", "Honeycomb key", &["hcaik_", "hcbik_", "hcaic_", "hcxik_", "hcxlk_"], Lower, (52, 64)),
    shape("infracost-token", "Infracost API key", &["ico-"], Alnum, (32, 32)).check(checks::not_hex),
    shape("launchdarkly-key", "LaunchDarkly key", &["api-", "sdk-", "mob-"], Url, (36, 36)).check(checks::uuid).near(&["launchdarkly", "LaunchDarkly", "ld_", "ld-"]),
    shape("linear-token", "Linear token", &["lin_api_", "lin_oauth_"], Alnum, (40, 64)),
    shape("newrelic-key", "New Relic key", &["NRAK-"], Upper, (27, 27)),
    shape("newrelic-key", "New Relic key", &["NRII-", "NRIQ-", "NRRA-", "NRSP-", "NRAA-"], Url, (27, 42)),
    shape("newrelic-key", "New Relic browser key", &["NRJS-"], Url, (19, 19)),
    exact("npm-token", "npm token", &["npm_"], Alnum, 36).check(checks::checksum).critical(),
    shape("nuget-key", "NuGet API key", &["oy2"], Alnum, (43, 43)).check(checks::mixed),
    shape("octopus-key", "Octopus Deploy API key", &["API-"], Upper, (26, 26)).check(checks::mixed),
    shape("packagist-token", "Packagist token", &["packagist_ort_", "packagist_oat_", "packagist_uut_", "packagist_out_", "packagist_ack_"], Hex, (60, 72)),
    shape("postman-key", "Postman API key", &["PMAK-"], Url, (59, 59)).check(checks::postman),
    shape("postman-key", "Postman collection key", &["PMAT-"], Alnum, (26, 26)),
    exact("prefect-token", "Prefect token", &["pnu_", "pnb_"], Alnum, 36),
    shape("pypi-token", "PyPI token", &["pypi-AgEIcHlwaS5vcmc", "pypi-AgENdGVzdC5weXBpLm9yZw"], Url, (70, 1000)).critical(),
    exact("readme-token", "ReadMe key", &["rdme_"], Alnum, 70),
    exact("rootly-key", "Rootly API key", &["rootly_"], Hex, 64),
    exact("rubygems-key", "RubyGems key", &["rubygems_"], Hex, 48),
    shape("semgrep-token", "Semgrep token", &["sgp_pat_"], Lower, (40, 72)),
    shape("sentry-token", "Sentry token", &["sntrys_eyJ"], Base64, (80, 500)),
    exact("sentry-token", "Sentry token", &["sntryu_", "sntrya_", "sntryi_"], Hex, 64),
    shape("snyk-token", "Snyk service account token", &["snyk_uat.", "snyk_sat."], Dotted, (60, 200)),
    exact("sonar-token", "SonarQube token", &["squ_", "sqp_", "sqa_"], Alnum, 40),
    shape("sourcegraph-token", "Sourcegraph token", &["sgp_"], Url, (40, 62)).check(checks::sourcegraph),
    exact("sourcegraph-token", "Sourcegraph token", &["slk_"], Hex, 64),
    exact("statsig-key", "Statsig server key", &["secret-"], Alnum, 43).check(checks::no_words),
    shape("authress-key", "Authress client key", &["authress_", "scauth_", "sc_", "ext_"], Wide, (50, 180)).check(checks::authress),
    shape("typeform-token", "Typeform token", &["tfp_"], Dotted, (59, 59)),
];

/// 32 characters, `_`, and eight hexadecimal digits of a checksum.
fn grafana(body: &[u8]) -> Option<f64> {
    let (secret, rest) = body.split_at_checked(32)?;
    let (mark, sum) = rest.split_first()?;
    (Alnum.all(secret) && *mark == b'_' && HexAny.all(sum)).then_some(0.97)
}
