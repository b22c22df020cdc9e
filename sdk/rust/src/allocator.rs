//! A plugin's allocator: what is freed is wiped.
//!
//! A host keeps the memory of a plugin as it is after `configure` and a first look at texts, starts
//! every call from it and writes it into packed modules. Freed blocks would be kept like all else:
//! a third of it, where large tables were made.

#![expect(unsafe_code, reason = "an allocator is unsafe by its trait")]

use std::alloc::{GlobalAlloc, Layout, System};

struct Wiping;

#[global_allocator]
static ALLOCATOR: Wiping = Wiping;

/// Smaller blocks are soon in use again.
const LEAST: usize = 64;

// SAFETY: every block comes from the system's allocator and goes back to it, with its own layout.
unsafe impl GlobalAlloc for Wiping {
    #[inline]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's promise is the system's.
        unsafe { System.alloc(layout) }
    }

    #[inline]
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: as above.
        unsafe { System.alloc_zeroed(layout) }
    }

    #[inline]
    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
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
        if layout.size() < LEAST {
            // SAFETY: the caller's promise is the system's.
            return unsafe { System.realloc(block, layout, size) };
        }
        // SAFETY: the size is no more than a layout may have, and not zero, by the caller's promise;
        // the two blocks are as long as is copied, and apart.
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
