//! Using up what the host lends: time, memory, stack, its log.

use std::hint::black_box;

use crate::bindings::caponier::policy::log::{Level, write};

const MIB: usize = 1 << 20;

/// Acts, if the mode is one of these; some never return.
pub(crate) fn act(mode: &str, text: &str) {
    match mode {
        "endless-loop" => endless_loop(),
        "endless-fill" => endless_fill(),
        "endless-host-calls" => endless_host_calls(),
        "endless-counters" => endless_counters(),
        "log-flood" => log_flood(),
        "memory-bomb" => memory_bomb(),
        "many-small-allocations" => many_small_allocations(),
        "stack-overflow" => {
            black_box(descend(1));
        }
        "trap" => trap(),
        "panic" => panic_with(text),
        "divide-by-zero" => {
            black_box(divide(black_box(7), black_box(0)));
        }
        "index-out-of-range" => {
            let list = black_box(vec![1_u8]);
            #[expect(clippy::indexing_slicing, reason = "what it is here for")]
            black_box(list[black_box(9)]);
        }
        _ => {}
    }
}

fn endless_loop() -> ! {
    let mut turns = 0_u64;
    loop {
        turns = black_box(turns.wrapping_add(1));
    }
}

/// Most of the time goes into single instructions that write megabytes.
fn endless_fill() -> ! {
    let mut block = vec![0_u8; 16 * MIB];
    let mut value = 0_u8;
    loop {
        value = value.wrapping_add(1);
        block.fill(value);
        black_box(&block);
    }
}

fn endless_host_calls() -> ! {
    loop {
        write(Level::Trace, "");
    }
}

/// Sets as large as they may be, and more of them than there may be.
#[cfg(feature = "counters")]
fn endless_counters() -> ! {
    use crate::bindings::caponier::policy::counters;
    for turn in 0_u64.. {
        drop(counters::add(&format!("key {turn}"), 1, 3600));
        drop(counters::add_unique("set", &turn.to_le_bytes(), 3600));
    }
    trap()
}

#[cfg(not(feature = "counters"))]
fn endless_counters() {}

fn log_flood() {
    let line = "flood ".repeat(MIB / 6);
    for _ in 0..100_000 {
        write(Level::Error, &line);
    }
}

fn memory_bomb() -> ! {
    let mut blocks = Vec::new();
    loop {
        blocks.push(vec![1_u8; MIB]);
        black_box(&blocks);
    }
}

fn many_small_allocations() -> ! {
    let mut blocks: Vec<Box<u64>> = Vec::new();
    loop {
        blocks.push(Box::new(1));
        black_box(&blocks);
    }
}

#[inline(never)]
#[expect(unconditional_recursion, reason = "what it is here for")]
fn descend(depth: u64) -> u64 {
    let frame = black_box([depth; 16]);
    let below = descend(black_box(depth.wrapping_add(1)));
    below.wrapping_add(frame.iter().sum::<u64>())
}

#[inline(never)]
fn divide(left: i32, right: i32) -> i32 {
    left / right
}

fn trap() -> ! {
    std::process::abort()
}

#[expect(clippy::panic, reason = "what it is here for")]
fn panic_with(text: &str) -> ! {
    panic!("{text}")
}
