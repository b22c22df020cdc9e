//! What the parser lets through and an evaluation might never reach: calls of what is not there,
//! and functions that call themselves.
//!
//! The engine looks a function up when it is called, and a policy that fails on the one request
//! it was written for has failed. It has no bound on a function's depth either, so a function
//! that calls itself would take the process with it. Both are refused here, once.

use std::collections::{BTreeMap, BTreeSet};

use regorus::unstable::{
    BUILTINS, Expr, Literal, Module, Query, Ref, Rule, RuleAssign, RuleHead, Span,
};

use crate::bundle::{BundleError, Location, Source};

/// The one function that the engine knows beside its table.
const PRINT: &str = "print";

/// Builtins whose answer depends on more than their operands, or that wait. Most are not compiled
/// in; none may come in through a feature that some other crate turns on.
const FORBIDDEN: &[&str] = &[
    "http.send",
    "net.lookup_ip_addr",
    "opa.runtime",
    "rand.intn",
    "test.sleep",
    "time.now_ns",
    "trace",
    "uuid.rfc4122",
];

/// Refuses brackets nested deeper than the engine's parser, which goes down once for each, can bear.
pub(crate) fn nesting(source: &Source) -> Result<(), BundleError> {
    let mut bytes = source.text.bytes();
    let (mut line, mut depth) = (1, 0_u32);
    while let Some(byte) = bytes.next() {
        match byte {
            b'\n' => line += 1,
            // A comment goes on to the end of its line.
            b'#' => line += u32::from(bytes.any(|byte| byte == b'\n')),
            b'"' | b'`' => {
                while let Some(inside) = bytes.next() {
                    match inside {
                        b'\\' if byte == b'"' => {
                            bytes.next();
                        }
                        b'\n' => line += 1,
                        _ if inside == byte => break,
                        _ => {}
                    }
                }
            }
            b'[' | b'{' | b'(' => depth += 1,
            b']' | b'}' | b')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > 64 {
            return Err(BundleError::Nesting {
                at: Location {
                    file: source.name.clone(),
                    line,
                },
            });
        }
    }
    Ok(())
}

/// Checks all modules together.
pub(crate) fn check(modules: &[Ref<Module>]) -> Result<(), BundleError> {
    let mut functions = BTreeSet::new();
    for module in modules {
        let package = package_of(module);
        for rule in &module.policy {
            if let Some(name) = function_name(rule) {
                functions.insert(format!("{package}.{name}"));
            }
        }
    }
    let mut graph = Graph::default();
    for module in modules {
        Walk {
            package: package_of(module),
            imports: imports_of(module),
            functions: &functions,
            caller: None,
        }
        .module(module, &mut graph)?;
    }
    graph.refuse_cycles()
}

/// Whether a rule of this name is declared in the module, at its root or below.
pub(crate) fn declares(module: &Module, name: &str) -> bool {
    module.policy.iter().any(|rule| {
        let path = path_of(head_of(rule)).unwrap_or_default();
        path == name
            || path
                .strip_prefix(name)
                .is_some_and(|rest| rest.starts_with('.'))
    })
}

/// The names of a module's rules that take no arguments.
pub(crate) fn rule_names(module: &Module) -> BTreeSet<String> {
    let plain = module
        .policy
        .iter()
        .filter(|rule| function_name(rule).is_none());
    plain.filter_map(|rule| path_of(head_of(rule))).collect()
}

/// `data.caponier`.
pub(crate) fn package_of(module: &Module) -> String {
    format!("data.{}", path_of(&module.package.refr).unwrap_or_default())
}

fn head_of(rule: &Rule) -> &Expr {
    match rule {
        Rule::Spec { head, .. } => match head {
            RuleHead::Compr { refr, .. }
            | RuleHead::Set { refr, .. }
            | RuleHead::Func { refr, .. } => refr,
        },
        Rule::Default { refr, .. } => refr,
    }
}

fn function_name(rule: &Rule) -> Option<String> {
    let function = match rule {
        Rule::Spec { head, .. } => matches!(head, RuleHead::Func { .. }),
        Rule::Default { args, .. } => !args.is_empty(),
    };
    if function {
        path_of(head_of(rule))
    } else {
        None
    }
}

fn imports_of(module: &Module) -> BTreeMap<String, String> {
    let mut imports = BTreeMap::new();
    for import in &module.imports {
        if let Some(path) = path_of(&import.refr) {
            let alias = match &import.r#as {
                Some(span) => span.text().to_owned(),
                None => path.rsplit('.').next().unwrap_or_default().to_owned(),
            };
            imports.insert(alias, path);
        }
    }
    imports
}

/// `a.b.c` for a reference of names only, whichever way its parts are written.
fn path_of(expr: &Expr) -> Option<String> {
    match expr {
        Expr::Var { span, .. } => Some(span.text().to_owned()),
        Expr::RefDot { refr, field, .. } => Some(format!("{}.{}", path_of(refr)?, field.0.text())),
        Expr::RefBrack { refr, index, .. } => match &**index {
            Expr::String { value, .. } => {
                Some(format!("{}.{}", path_of(refr)?, value.as_string().ok()?))
            }
            // A rule such as `labels[name]`: what counts is the name before the bracket.
            _ => path_of(refr),
        },
        _ => None,
    }
}

fn location(span: &Span) -> Location {
    Location {
        file: span.source.get_path().clone(),
        line: span.line,
    }
}

/// Who calls whom, with the place of one such call.
#[derive(Default)]
struct Graph(BTreeMap<String, BTreeMap<String, Location>>);

impl Graph {
    fn refuse_cycles(&self) -> Result<(), BundleError> {
        let mut finished = BTreeSet::new();
        for start in self.0.keys() {
            // Depth first without recursion: the policy chooses the depth.
            let mut path: Vec<(&str, Vec<&str>)> = vec![(start, self.callees(start))];
            while let Some((_, open)) = path.last_mut() {
                let Some(next) = open.pop() else {
                    if let Some((done, _)) = path.pop() {
                        finished.insert(done);
                    }
                    continue;
                };
                if let Some(from) = path.iter().position(|(name, _)| *name == next) {
                    let caller = path.last().map(|(name, _)| *name).unwrap_or(next);
                    let mut names: Vec<&str> = path
                        .iter()
                        .skip(from)
                        .map(|(name, _)| short(name))
                        .collect();
                    names.push(short(next));
                    let at = self.0.get(caller).and_then(|callees| callees.get(next));
                    return Err(BundleError::Recursion {
                        at: at.cloned().unwrap_or_default(),
                        path: names.join(" → "),
                    });
                }
                if !finished.contains(next) {
                    path.push((next, self.callees(next)));
                }
            }
        }
        Ok(())
    }

    fn callees(&self, name: &str) -> Vec<&str> {
        self.0
            .get(name)
            .map(|callees| callees.keys().map(String::as_str).collect())
            .unwrap_or_default()
    }
}

fn short(name: &str) -> &str {
    name.strip_prefix("data.caponier.").unwrap_or(name)
}

/// One pass over a module.
struct Walk<'a> {
    package: String,
    imports: BTreeMap<String, String>,
    functions: &'a BTreeSet<String>,
    /// The function or rule whose body this is.
    caller: Option<String>,
}

impl Walk<'_> {
    fn module(&mut self, module: &Module, graph: &mut Graph) -> Result<(), BundleError> {
        for rule in &module.policy {
            self.caller = path_of(head_of(rule)).map(|name| format!("{}.{name}", self.package));
            self.expr(head_of(rule), graph)?;
            match &**rule {
                Rule::Spec { head, bodies, .. } => {
                    match head {
                        RuleHead::Compr { assign, .. } => self.assign(assign.as_ref(), graph)?,
                        RuleHead::Set { key, .. } => {
                            if let Some(key) = key {
                                self.expr(key, graph)?;
                            }
                        }
                        RuleHead::Func { args, assign, .. } => {
                            self.exprs(args, graph)?;
                            self.assign(assign.as_ref(), graph)?;
                        }
                    }
                    for body in bodies {
                        self.assign(body.assign.as_ref(), graph)?;
                        self.query(&body.query, graph)?;
                    }
                }
                Rule::Default { args, value, .. } => {
                    self.exprs(args, graph)?;
                    self.expr(value, graph)?;
                }
            }
        }
        Ok(())
    }

    fn assign(&self, assign: Option<&RuleAssign>, graph: &mut Graph) -> Result<(), BundleError> {
        assign.map_or(Ok(()), |assign| self.expr(&assign.value, graph))
    }

    fn query(&self, query: &Query, graph: &mut Graph) -> Result<(), BundleError> {
        for statement in &query.stmts {
            match &statement.literal {
                Literal::SomeVars { .. } => {}
                Literal::SomeIn {
                    key,
                    value,
                    collection,
                    ..
                } => {
                    if let Some(key) = key {
                        self.expr(key, graph)?;
                    }
                    self.expr(value, graph)?;
                    self.expr(collection, graph)?;
                }
                Literal::Expr { expr, .. } | Literal::NotExpr { expr, .. } => {
                    self.expr(expr, graph)?
                }
                Literal::Every { domain, query, .. } => {
                    self.expr(domain, graph)?;
                    self.query(query, graph)?;
                }
            }
            for with in &statement.with_mods {
                self.expr(&with.refr, graph)?;
                self.expr(&with.r#as, graph)?;
                // `with f as g` makes every call of `f` below a call of `g`.
                if let (Some(from), Some(to)) = (path_of(&with.refr), path_of(&with.r#as)) {
                    if FORBIDDEN.contains(&to.as_str()) {
                        return Err(BundleError::UnknownFunction {
                            at: location(&with.span),
                            name: to,
                        });
                    }
                    let (from, to) = (self.resolve(&from), self.resolve(&to));
                    if let (Some(from), Some(to)) = (from, to) {
                        graph
                            .0
                            .entry(from)
                            .or_default()
                            .insert(to, location(&with.span));
                    }
                }
            }
        }
        Ok(())
    }

    fn exprs(&self, exprs: &[Ref<Expr>], graph: &mut Graph) -> Result<(), BundleError> {
        exprs.iter().try_for_each(|expr| self.expr(expr, graph))
    }

    /// The engine's parser bounds the depth of expressions, so recursion is safe here.
    fn expr(&self, expr: &Expr, graph: &mut Graph) -> Result<(), BundleError> {
        match expr {
            Expr::String { .. }
            | Expr::RawString { .. }
            | Expr::Number { .. }
            | Expr::Bool { .. }
            | Expr::Null { .. }
            | Expr::Var { .. } => Ok(()),
            Expr::Array { items, .. } | Expr::Set { items, .. } => self.exprs(items, graph),
            Expr::Object { fields, .. } => fields.iter().try_for_each(|(_, key, value)| {
                self.expr(key, graph)?;
                self.expr(value, graph)
            }),
            Expr::ArrayCompr { term, query, .. } | Expr::SetCompr { term, query, .. } => {
                self.expr(term, graph)?;
                self.query(query, graph)
            }
            Expr::ObjectCompr {
                key, value, query, ..
            } => {
                self.expr(key, graph)?;
                self.expr(value, graph)?;
                self.query(query, graph)
            }
            Expr::Call {
                span, fcn, params, ..
            } => {
                self.exprs(params, graph)?;
                self.call(span, fcn, graph)
            }
            Expr::UnaryExpr { expr, .. } => self.expr(expr, graph),
            Expr::RefDot { refr, .. } => self.expr(refr, graph),
            Expr::RefBrack { refr, index, .. } => {
                self.expr(refr, graph)?;
                self.expr(index, graph)
            }
            Expr::BinExpr { lhs, rhs, .. }
            | Expr::BoolExpr { lhs, rhs, .. }
            | Expr::ArithExpr { lhs, rhs, .. }
            | Expr::AssignExpr { lhs, rhs, .. } => {
                self.expr(lhs, graph)?;
                self.expr(rhs, graph)
            }
            Expr::Membership {
                key,
                value,
                collection,
                ..
            } => {
                if let Some(key) = key {
                    self.expr(key, graph)?;
                }
                self.expr(value, graph)?;
                self.expr(collection, graph)
            }
        }
    }

    fn call(&self, span: &Span, function: &Expr, graph: &mut Graph) -> Result<(), BundleError> {
        let name = path_of(function).unwrap_or_default();
        if let Some(callee) = self.resolve(&name) {
            if let Some(caller) = self
                .caller
                .clone()
                .filter(|caller| self.functions.contains(caller))
            {
                graph
                    .0
                    .entry(caller)
                    .or_default()
                    .insert(callee, location(span));
            }
            return Ok(());
        }
        let builtin = name == PRINT || BUILTINS.contains_key(name.as_str());
        if builtin && !FORBIDDEN.contains(&name.as_str()) {
            return Ok(());
        }
        Err(BundleError::UnknownFunction {
            at: location(span),
            name,
        })
    }

    /// The policy function of this name, as seen from this module.
    fn resolve(&self, name: &str) -> Option<String> {
        let through_import = name.split_once('.').and_then(|(alias, rest)| {
            self.imports
                .get(alias)
                .map(|target| format!("{target}.{rest}"))
        });
        let imported_function = self.imports.get(name).cloned();
        [
            Some(name.to_owned()),
            Some(format!("{}.{name}", self.package)),
            through_import,
            imported_function,
        ]
        .into_iter()
        .flatten()
        .find(|candidate| self.functions.contains(candidate))
    }
}
