//! Every file and directory that a configuration refers to.

use crate::gateway::{IdentitySource, Tls};
use crate::plugins::PluginSource;
use crate::root::{Config, PathUse, Purpose};
use crate::secret::Secret;

impl Config {
    /// Every file and directory that is referred to, in the order of the sections.
    pub fn paths(&self) -> Vec<PathUse> {
        let mut list = List(Vec::new());
        if let Some(gateway) = &self.gateway {
            list.tls("gateway", gateway.tls.as_ref());
            for (index, source) in gateway.identity.iter().enumerate() {
                match source {
                    IdentitySource::Jwt(jwt) => {
                        list.add(
                            &jwt.jwks,
                            Purpose::Jwks,
                            format!("gateway.identity[{index}].jwt.jwks"),
                        );
                    }
                    IdentitySource::ApiKeys(keys) => {
                        list.add(
                            &keys.file,
                            Purpose::ApiKeys,
                            format!("gateway.identity[{index}].api_keys"),
                        );
                    }
                }
            }
            for route in &gateway.routes {
                let Some(upstream) = &route.upstream else {
                    continue;
                };
                // Routes are sorted: their path says which one it is, their index does not.
                list.secret(
                    upstream.credentials.as_ref(),
                    format!("gateway.routes[{}].credentials", route.path),
                );
                if let Some(file) = &upstream.trusted_ca {
                    list.add(
                        file,
                        Purpose::TrustedCa,
                        format!("gateway.routes[{}].trusted_ca", route.path),
                    );
                }
            }
        }
        if let Some(decision) = &self.decision {
            list.tls("decision", decision.tls.as_ref());
            list.secret(decision.tokens.as_ref(), "decision.tokens".to_owned());
        }
        for (index, plugin) in self.plugins.iter().enumerate() {
            if let PluginSource::File(path) = &plugin.source {
                list.add(path, Purpose::Plugin, format!("plugins[{index}].use"));
                if self.signatures_of(&plugin.source).is_some() {
                    list.add(
                        &format!("{path}.sig"),
                        Purpose::Signature,
                        format!("plugins[{index}].use"),
                    );
                }
            }
            if let Some(data) = plugin
                .grants
                .as_ref()
                .and_then(|grants| grants.data.as_ref())
            {
                list.add(
                    data,
                    Purpose::PluginData,
                    format!("plugins[{index}].grants.data"),
                );
            }
            for secret in &plugin.settings.secrets {
                let place = secret.pointer.replace('/', ".");
                list.secret(
                    Some(&secret.secret),
                    format!("plugins[{index}].settings{place}"),
                );
            }
        }
        for (index, entry) in self.verify.iter().enumerate() {
            entry
                .signers
                .keys(&format!("verify[{index}]"), &mut |path, key_path| {
                    list.add(path, Purpose::VerifyKey, key_path);
                });
        }
        for (index, path) in self.rego.paths.iter().enumerate() {
            list.add(path, Purpose::Rego, format!("rego[{index}]"));
        }
        for (index, path) in self.data.iter().enumerate() {
            list.add(path, Purpose::Data, format!("data[{index}]"));
        }
        if let Some(audit) = &self.audit {
            list.add(&audit.path, Purpose::Audit, "audit.path".to_owned());
            list.secret(audit.key.as_ref(), "audit.key".to_owned());
        }
        if let Some(dir) = &self.cache.dir {
            list.add(dir, Purpose::Cache, "cache.dir".to_owned());
        }
        list.0
    }

    /// Every secret that is named outside of plugins' settings.
    pub fn secrets(&self) -> Vec<&Secret> {
        let upstreams = self
            .gateway
            .iter()
            .flat_map(|gateway| &gateway.routes)
            .filter_map(|route| route.upstream.as_ref());
        upstreams
            .filter_map(|upstream| upstream.credentials.as_ref())
            .chain(
                self.decision
                    .iter()
                    .filter_map(|decision| decision.tokens.as_ref()),
            )
            .chain(self.audit.iter().filter_map(|audit| audit.key.as_ref()))
            .collect()
    }
}

struct List(Vec<PathUse>);

impl List {
    fn add(&mut self, path: &str, purpose: Purpose, key_path: String) {
        self.0.push(PathUse {
            path: path.to_owned(),
            purpose,
            key_path,
        });
    }

    fn secret(&mut self, secret: Option<&Secret>, key_path: String) {
        if let Some(Secret::File(path)) = secret {
            self.add(path, Purpose::Secret, format!("{key_path}.file"));
        }
    }

    fn tls(&mut self, section: &str, tls: Option<&Tls>) {
        if let Some(tls) = tls {
            self.add(
                &tls.cert,
                Purpose::Certificate,
                format!("{section}.tls.cert"),
            );
            self.add(&tls.key, Purpose::PrivateKey, format!("{section}.tls.key"));
        }
    }
}
