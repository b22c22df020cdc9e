//! Payment, shops and delivery; wallets.

use crate::checks;
use crate::shape::Class::{Alnum, Base64, Dotted, Hex, HexAny, Url, Wide};
use crate::shape::{Shape, exact, shape};

#[rustfmt::skip]
pub(super) static SHAPES: &[Shape] = &[
    shape("bitcoin-key", "Extended private key of a wallet", &["xprv", "yprv", "zprv", "tprv"], Alnum, (107, 108)).check(checks::no_words).critical(),
    shape("brex-token", "Brex token", &["bxt_"], Alnum, (40, 60)),
    shape("payment-key", "API key of a payment provider", &["live_", "test_"], Alnum, (25, 40)).near(&["chargebee", "mollie", "gocardless", "lob"]).check(checks::mixed),
    exact("duffel-token", "Duffel token", &["duffel_test_", "duffel_live_"], Url, 43),
    exact("easypost-token", "EasyPost key", &["EZAK", "EZTK"], Alnum, 54),
    shape("flutterwave-key", "Flutterwave secret key", &["FLWSECK-", "FLWSECK_TEST-"], Url, (12, 34)).check(checks::flutterwave),
    shape("flutterwave-key", "Flutterwave public key", &["FLWPUBK-", "FLWPUBK_TEST-"], Url, (34, 34)).check(checks::flutterwave).sure(0.7),
    shape("paddle-key", "Paddle API key", &["pdl_live_apikey_", "pdl_sdbx_apikey_"], Url, (50, 60)),
    shape("paypal-token", "PayPal Braintree token", &["access_token$production$", "access_token$sandbox$"], Wide, (49, 49)),
    exact("plaid-token", "Plaid access token", &["access-"], Url, 44).check(checks::plaid),
    shape("razorpay-key", "Razorpay key", &["rzp_live_", "rzp_test_"], Alnum, (14, 14)).check(checks::mixed),
    exact("shippo-token", "Shippo token", &["shippo_live_", "shippo_test_"], HexAny, 40),
    exact("shopify-token", "Shopify token", &["shpat_", "shpca_", "shppa_", "shpss_", "shpua_", "shprt_", "shptka_"], HexAny, 32),
    shape("square-token", "Square token", &["sq0atp-", "sq0csp-", "sq0idp-"], Url, (22, 60)),
    shape("square-token", "Square access token", &["EAAA"], Url, (56, 64)).check(checks::mixed),
    shape("stripe-key", "Stripe key", &["sk_live_", "rk_live_", "sk_prod_", "rk_prod_"], Alnum, (10, 107)).critical(),
    shape("stripe-key", "Stripe test key", &["sk_test_", "rk_test_"], Alnum, (10, 107)).sure(0.9),
    shape("stripe-webhook-secret", "Stripe webhook secret", &["whsec_"], Base64, (32, 64)),
    shape("stripe-key", "Stripe organization key", &["sk_org_live_", "sk_org_test_"], Alnum, (24, 120)),
    shape("xendit-key", "Xendit key", &["xnd_production_", "xnd_development_"], Alnum, (40, 90)),
    exact("lob-key", "Lob publishable key", &["live_pub_", "test_pub_"], Hex, 31).near(&["lob"]),
    shape("contentful-token", "Contentful token", &["CFPAT-"], Url, (43, 43)),
    shape("adyen-key", "Adyen API key", &["AQE"], Wide, (100, 300)).near(&["adyen"]),
    shape("polar-token", "Polar token", &["polar_oat_", "polar_pat_", "polar_rt_"], Dotted, (32, 64)),
];
