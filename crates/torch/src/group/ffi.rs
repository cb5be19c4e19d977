//! The C functions of this folder. Handles belong to Rust and are freed by it.

use std::ffi::{c_char, c_int, c_void};

unsafe extern "C" {
    pub fn group_store(
        host: *const c_char,
        port: u16,
        serve: bool,
        timeout_ms: i64,
        output: *mut *mut c_void,
        bound: *mut u16,
    ) -> *mut c_char;
    pub fn group_store_set(
        store: *mut c_void,
        key: *const c_char,
        data: *const c_char,
        length: usize,
    ) -> *mut c_char;
    pub fn group_store_wait(store: *mut c_void, key: *const c_char, timeout_ms: i64)
    -> *mut c_char;
    pub fn group_store_has(
        store: *mut c_void,
        key: *const c_char,
        output: *mut bool,
    ) -> *mut c_char;
    pub fn group_store_get(
        store: *mut c_void,
        key: *const c_char,
        output: *mut *mut c_char,
    ) -> *mut c_char;
    pub fn group_store_clone(store: *mut c_void, output: *mut *mut c_void) -> *mut c_char;
    pub fn group_store_free(store: *mut c_void);
    pub fn group_gloo(
        store: *mut c_void,
        prefix: *const c_char,
        rank: c_int,
        world: c_int,
        place: *const c_char,
        interfaces: bool,
        timeout_ms: i64,
        output: *mut *mut c_void,
    ) -> *mut c_char;
    pub fn group_nccl_load() -> *mut c_char;
    pub fn group_nccl(
        store: *mut c_void,
        key: *const c_char,
        rank: c_int,
        world: c_int,
        device: c_int,
        output: *mut *mut c_void,
    ) -> *mut c_char;
    pub fn group_broadcast(
        group: *mut c_void,
        tensor: *const c_void,
        root: c_int,
        output: *mut *mut c_void,
    ) -> *mut c_char;
    pub fn group_all_reduce(
        group: *mut c_void,
        tensor: *const c_void,
        largest: bool,
        output: *mut *mut c_void,
    ) -> *mut c_char;
    pub fn group_all_gather(
        group: *mut c_void,
        input: *const c_void,
        outputs: *const *const c_void,
        count: usize,
        output: *mut *mut c_void,
    ) -> *mut c_char;
    pub fn group_abort(group: *mut c_void);
    pub fn group_is_broken(group: *mut c_void) -> bool;
    pub fn group_free(group: *mut c_void);
    pub fn group_wait(work: *mut c_void) -> *mut c_char;
    pub fn group_work_free(work: *mut c_void);
    pub fn group_gradients(
        group: *mut c_void,
        loss: *const c_void,
        parameters: *const *const c_void,
        count: usize,
        bucket_bytes: usize,
        outputs: *mut *mut c_void,
    ) -> *mut c_char;
    pub fn group_watched_sum(
        group: *mut c_void,
        input: *const c_void,
        output: *mut *mut c_void,
    ) -> *mut c_char;
}
