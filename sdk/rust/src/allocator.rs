//! A plugin's allocator.
//!
//! A host keeps the memory of a plugin as it is after `configure` and a first look at texts, and starts
//! every call from it. What is freed is wiped: else it would be kept, and packed, like all else. And
//! behind its first look a plugin works in a [`Room`] of its own: spread over what was freed here and
//! there, a call's blocks would touch pages all over, each of which the host puts back behind it. A
//! block that a later call keeps for good keeps the room from being wiped, and no more than that.

#![cfg_attr(
    target_family = "wasm",
    expect(unsafe_code, reason = "an allocator is unsafe by its trait")
)]

mod room;

#[cfg(target_family = "wasm")]
pub(crate) use global::open;

#[cfg(target_family = "wasm")]
mod global {
    use std::alloc::{GlobalAlloc, Layout, System};

    use super::room::Room;

    struct Wiping;

    #[global_allocator]
    static ALLOCATOR: Wiping = Wiping;

    static ROOM: Room = Room::closed();

    /// Smaller blocks are soon in use again.
    const LEAST: usize = 64;

    /// Pages of WebAssembly that are asked for, of 64 KiB each.
    const PAGES: usize = 1;
    const PAGE: usize = 64 << 10;

    /// What is asked for from now on belongs to a call. The pages are new: nothing of them is in a
    /// snapshot until something is written there.
    pub(crate) fn open() {
        if ROOM.is_open() {
            return;
        }
        let before = core::arch::wasm32::memory_grow::<0>(PAGES);
        // Without them there is the heap.
        if let Some(start) = before.checked_mul(PAGE) {
            ROOM.open(start, PAGES * PAGE);
        }
    }

    // SAFETY: every block comes from the room or from the system's allocator and goes back there, with
    // its own layout. The room hands out what nobody else has.
    unsafe impl GlobalAlloc for Wiping {
        #[inline]
        unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
            match ROOM.take(layout.size(), layout.align()) {
                Some(at) => std::ptr::with_exposed_provenance_mut(at),
                // SAFETY: the caller's promise is the system's.
                None => unsafe { System.alloc(layout) },
            }
        }

        #[inline]
        unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
            match ROOM.take(layout.size(), layout.align()) {
                Some(at) => {
                    let block: *mut u8 = std::ptr::with_exposed_provenance_mut(at);
                    // SAFETY: the block is as long as that, and the caller's alone.
                    unsafe { block.write_bytes(0, layout.size()) };
                    block
                }
                // SAFETY: as above.
                None => unsafe { System.alloc_zeroed(layout) },
            }
        }

        #[inline]
        unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
            if ROOM.has(block.addr()) {
                if let Some((start, len)) = ROOM.give_back(block.addr(), layout.size()) {
                    let used: *mut u8 = std::ptr::with_exposed_provenance_mut(start);
                    // SAFETY: no block of the room is anybody's any more.
                    unsafe { used.write_bytes(0, len) };
                }
                return;
            }
            // SAFETY: the block is the caller's until it is freed, and as long as its layout says.
            unsafe {
                if layout.size() >= LEAST {
                    block.write_bytes(0, layout.size());
                }
                System.dealloc(block, layout);
            }
        }

        #[inline]
        unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
            let in_room = ROOM.has(block.addr());
            if in_room && ROOM.resize(block.addr(), layout.size(), size) {
                return block;
            }
            if !in_room && layout.size() < LEAST {
                // SAFETY: the caller's promise is the system's.
                return unsafe { System.realloc(block, layout, size) };
            }
            // SAFETY: the size is no more than a layout may have, and not zero, by the caller's
            // promise; the two blocks are as long as is copied, and apart.
            unsafe {
                let grown = self.alloc(Layout::from_size_align_unchecked(size, layout.align()));
                if !grown.is_null() {
                    grown.copy_from_nonoverlapping(block, layout.size().min(size));
                    self.dealloc(block, layout);
                }
                grown
            }
        }
    }
}
