//! explore
use caponier_hostile_tests::*;
#[test]
fn explore() {
    for mode in [
        "none",
        "endless-loop",
        "endless-fill",
        "endless-host-calls",
        "log-flood",
        "memory-bomb",
        "many-small-allocations",
        "stack-overflow",
        "trap",
        "panic",
        "divide-by-zero",
        "index-out-of-range",
        "span-out-of-range",
        "span-far-out-of-range",
        "span-reversed",
        "span-empty",
        "span-off-boundary",
        "edit",
        "edits-overlapping",
        "edit-out-of-range",
        "edit-unknown-segment",
        "edit-settled",
        "hold-beyond",
        "hold-far-beyond",
        "hold-unknown-segment",
        "hold-for-ever",
        "skip-unknown-segment",
        "finding-unknown-segment",
        "undeclared-rule",
        "full-rule-name",
        "confidence-nan",
        "confidence-infinite",
        "confidence-negative",
        "confidence-above-one",
        "findings-million",
        "findings-many",
        "state-gibibyte",
        "state-mebibyte",
        "list-gibibyte",
        "message-huge",
        "replacement-huge",
        "copy",
        "copy-log",
        "copy-rule",
        "copy-error",
        "copy-error-huge",
        "copy-data",
        "remember",
        "remember-memory",
        "remember-state",
    ] {
        let plugin = match hostile(mode, "told") {
            Ok(p) => p,
            Err(e) => {
                println!("{mode}: LOAD {e}");
                continue;
            }
        };
        let o = run(&plugin, true, text("ein süßes misbehave here"));
        let a = run(&plugin, true, text("an innocent text"));
        println!(
            "{mode}: {:?} {:?} n={} | after {:?} {:?} {:?}",
            o.fault().map(|f| f.to_string()),
            o.took,
            o.report.findings.len(),
            a.fault(),
            a.rules(),
            a.took
        );
    }
    let mut names: Vec<_> = std::fs::read_dir(guests())
        .unwrap()
        .map(|e| {
            e.unwrap()
                .path()
                .file_stem()
                .unwrap()
                .to_str()
                .unwrap()
                .to_owned()
        })
        .collect();
    names.sort();
    for name in names {
        let t = std::time::Instant::now();
        let plugin = match engine().load(&guest(&name), options("{}".into())) {
            Ok(p) => p,
            Err(e) => {
                println!("{name}: LOAD {:?} {e} {:?}", t.elapsed(), e);
                continue;
            }
        };
        let l = t.elapsed();
        let o = run(&plugin, true, text(&"m".repeat(4099)));
        let a = run(&plugin, true, text("an innocent text"));
        println!(
            "{name}: load {l:?} {:?} {:?} {:?} n={} | after {:?} {:?} {:?}",
            plugin.kind(),
            o.fault().map(|f| f.to_string()),
            o.took,
            o.report.findings.len(),
            a.fault().map(|f| f.to_string()),
            a.rules(),
            a.took
        );
    }
    for when in ["configure", "always", "describe"] {
        for mode in [
            "endless-loop",
            "endless-fill",
            "endless-host-calls",
            "log-flood",
            "memory-bomb",
            "stack-overflow",
            "trap",
            "panic",
            "error",
            "copy-error",
            "read-files",
            "name-empty",
            "name-path",
            "name-huge",
            "name-lines",
            "rules-none",
            "rules-twice",
            "rules-slash",
            "schema-broken",
            "confidence-nan",
        ] {
            let t = std::time::Instant::now();
            match hostile(mode, when) {
                Ok(p) => {
                    let l = t.elapsed();
                    let o = run(&p, true, text("misbehave"));
                    println!(
                        "{when} {mode}: load {l:?} {:?} {:?} {:?} {:?}",
                        p.kind(),
                        p.info().reason,
                        o.fault().map(|f| f.to_string()),
                        o.took
                    )
                }
                Err(e) => {
                    println!("{when} {mode}: LOAD {:?} {e} {e:?}", t.elapsed());
                }
            };
        }
    }
}
