//! The packed plugins, each in a memory of its own beside this one.
//!
//! While a plugin runs, the module is entered again by what the plugin imports. What those
//! functions need of the running call is in [`CURRENT`]; nothing of it stays borrowed while the
//! plugin runs.

#![expect(
    unsafe_code,
    reason = "what plugins call are exports, whose names must not be changed by the compiler"
)]

use std::cell::RefCell;

use caponier_abi::imports::{self, Allowance, LogLevel};
use caponier_abi::{Limits, Packed as Plugin, Status};
use caponier_core::{Fault, FaultKind, Report};
use caponier_decide::{GuestCall, Guests, PackedPlugin};

use crate::counters::{self, Scope};
use crate::host::{Host, Level};
use crate::sys::Envoy;

thread_local! {
    /// The call that runs now.
    static CURRENT: RefCell<Option<Current>> = const { RefCell::new(None) };
}

/// What the plugin's imports need to know of its call.
struct Current {
    plugin: String,
    tenant: Option<String>,
    may_log: bool,
    may_count: bool,
    allowance: Allowance,
}

/// The packed plugins.
#[derive(Debug)]
pub(crate) struct Plugins(pub(crate) Vec<PackedPlugin>);

impl Guests for Plugins {
    type Memo = ();

    fn inspect(&self, call: &GuestCall<'_>, (): &mut ()) -> Result<Report, Fault> {
        let (Some(plugin), Ok(index)) = (self.0.get(call.plugin), u32::try_from(call.plugin))
        else {
            return Err(Fault::new(FaultKind::Refused, "there is no such plugin"));
        };
        let limits = Limits {
            output: plugin.output,
            state: plugin.state,
            host_calls: plugin.host_calls,
        };
        let current = Current {
            plugin: plugin.name.clone(),
            tenant: call.context.tenant.clone(),
            may_log: plugin.grants.log,
            may_count: plugin.grants.counters,
            allowance: Allowance::new(&limits),
        };
        CURRENT.replace(Some(current));
        // Nothing is kept from one exchange to the next, so there are no notes to hand back.
        let shown = caponier_abi::Call::new(call.context, call.segments, call.state);
        let answer = caponier_abi::inspect(&mut Plugin::new(index), &limits, &shown, |message| {
            if plugin.grants.log {
                write(&plugin.name, LogLevel::Error, message);
            }
        });
        CURRENT.replace(None);
        answer
    }
}

/// What a plugin with the grant says, in a line of its own.
fn write(plugin: &str, level: LogLevel, message: &str) {
    let level = match level {
        LogLevel::Trace | LogLevel::Debug => Level::Debug,
        LogLevel::Info => Level::Info,
        LogLevel::Warn => Level::Warn,
        LogLevel::Error => Level::Error,
    };
    let message: String = message.chars().flat_map(char::escape_debug).collect();
    Envoy.log(level, &format!("plugin {plugin}: {message}"));
}

/// Takes the running call out while `answer` works on it, so that nothing is borrowed when the
/// plugin is called back for room.
fn with(answer: impl FnOnce(&mut Current) -> Status) -> i32 {
    let Some(mut current) = CURRENT.take() else {
        return Status::from(FaultKind::Refused).code();
    };
    let status = answer(&mut current);
    CURRENT.replace(Some(current));
    status.code()
}

/// `log.write`.
#[unsafe(no_mangle)]
extern "C" fn caponier_log(i: u32, level: u32, text: u32, len: u32) -> i32 {
    with(|current| {
        let (plugin, may_log) = (current.plugin.clone(), current.may_log);
        imports::log(
            &mut Plugin::new(i),
            &mut current.allowance,
            level,
            text,
            len,
            |level, message| {
                if may_log {
                    write(&plugin, level, message);
                }
            },
        )
    })
}

/// `data.names`.
#[unsafe(no_mangle)]
extern "C" fn caponier_data_names(i: u32, result: u32) -> i32 {
    imports::data_names(&mut Plugin::new(i), result).code()
}

/// `data.read`.
#[unsafe(no_mangle)]
extern "C" fn caponier_data_read(i: u32, name: u32, len: u32, result: u32) -> i32 {
    with(|current| imports::data_read(&mut Plugin::new(i), &current.allowance, name, len, result))
}

/// `counters.add`.
#[unsafe(no_mangle)]
extern "C" fn caponier_counters_add(
    i: u32,
    key: u32,
    len: u32,
    amount: u64,
    window: u32,
    result: u32,
) -> i32 {
    with(|current| {
        let (plugin, tenant, may_count) = (
            current.plugin.clone(),
            current.tenant.clone(),
            current.may_count,
        );
        imports::counters_add(
            &mut Plugin::new(i),
            &mut current.allowance,
            (key, len),
            result,
            |key| {
                let scope = scope(&plugin, tenant.as_deref(), may_count)?;
                counters::add(&Envoy, scope, key, amount, window)
            },
        )
    })
}

/// `counters.add-unique`.
#[unsafe(no_mangle)]
extern "C" fn caponier_counters_add_unique(
    i: u32,
    key: u32,
    len: u32,
    member: u32,
    member_len: u32,
    window: u32,
    result: u32,
) -> i32 {
    with(|current| {
        let (plugin, tenant, may_count) = (
            current.plugin.clone(),
            current.tenant.clone(),
            current.may_count,
        );
        imports::counters_add_unique(
            &mut Plugin::new(i),
            &mut current.allowance,
            (key, len),
            (member, member_len),
            result,
            |key, member| {
                let scope = scope(&plugin, tenant.as_deref(), may_count)?;
                counters::add_unique(&Envoy, scope, key, member, window)
            },
        )
    })
}

fn scope<'a>(
    plugin: &'a str,
    tenant: Option<&'a str>,
    may_count: bool,
) -> Result<Scope<'a>, &'static str> {
    if may_count {
        Ok(Scope { plugin, tenant })
    } else {
        Err("counters are not granted")
    }
}
