//! Where ranks find each other: keys and values that one process serves over TCP.

use std::ffi::{CString, c_char, c_void};
use std::time::Duration;

use super::ffi;
use crate::TorchError;
use crate::shim;

/// A connection to c10d's `TCPStore`, which torchrun serves too.
#[derive(Debug)]
pub struct Store {
    handle: *mut c_void,
    port: u16,
}

// SAFETY: TCPStore guards its connection with a mutex.
unsafe impl Send for Store {}
// SAFETY: as above.
unsafe impl Sync for Store {}

impl Store {
    /// Connects to the store at `host:port`, which may come up later, or serves it there; port 0
    /// serves at a free one. Every call on it waits for `timeout` at most.
    ///
    /// # Errors
    /// When the port is in use, or nothing answers in time.
    pub fn open(
        host: &str,
        port: u16,
        serve: bool,
        timeout: Duration,
    ) -> Result<Store, TorchError> {
        let host = text(host)?;
        let (mut handle, mut bound) = (std::ptr::null_mut(), 0);
        // SAFETY: the string lives through the call; both outputs are ours.
        shim::outcome(unsafe {
            let timeout = milliseconds(timeout);
            ffi::group_store(host.as_ptr(), port, serve, timeout, &mut handle, &mut bound)
        })?;
        Ok(Store {
            handle,
            port: bound,
        })
    }

    /// The port it is served at.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The same store through a connection of its own.
    ///
    /// # Errors
    /// When it does not answer.
    pub fn another(&self) -> Result<Store, TorchError> {
        let mut handle = std::ptr::null_mut();
        // SAFETY: a live store; the output is ours.
        shim::outcome(unsafe { ffi::group_store_clone(self.handle, &mut handle) })?;
        Ok(Store {
            handle,
            port: self.port,
        })
    }

    /// Sets a value.
    ///
    /// # Errors
    /// When the store does not answer.
    pub fn set(&self, key: &str, value: &str) -> Result<(), TorchError> {
        let key = text(key)?;
        // SAFETY: both strings live through the call.
        shim::outcome(unsafe {
            let value = (value.as_ptr().cast::<c_char>(), value.len());
            ffi::group_store_set(self.handle, key.as_ptr(), value.0, value.1)
        })
    }

    /// The value that was set, if one was.
    ///
    /// # Errors
    /// When the store does not answer.
    pub fn get(&self, key: &str) -> Result<Option<String>, TorchError> {
        let key = text(key)?;
        let (mut is_there, mut value) = (false, std::ptr::null_mut());
        // SAFETY: a live store and string; the outputs are ours.
        shim::outcome(unsafe { ffi::group_store_has(self.handle, key.as_ptr(), &mut is_there) })?;
        if !is_there {
            return Ok(None);
        }
        // SAFETY: as above.
        shim::outcome(unsafe { ffi::group_store_get(self.handle, key.as_ptr(), &mut value) })?;
        // SAFETY: without a message the value is a string of strndup, ours to free.
        Ok(Some(unsafe { shim::take_text(value) }))
    }

    /// Waits until a value is set, `timeout` at most.
    ///
    /// # Errors
    /// When it is not, or the store does not answer.
    pub fn wait(&self, key: &str, timeout: Duration) -> Result<(), TorchError> {
        let key = text(key)?;
        // SAFETY: a live store and string.
        shim::outcome(unsafe {
            ffi::group_store_wait(self.handle, key.as_ptr(), milliseconds(timeout))
        })
    }

    pub(super) fn handle(&self) -> *mut c_void {
        self.handle
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        // SAFETY: made by the shim and freed once.
        unsafe { ffi::group_store_free(self.handle) }
    }
}

/// A string for C.
pub(super) fn text(text: &str) -> Result<CString, TorchError> {
    CString::new(text).map_err(|_| TorchError(format!("`{text:?}` holds a NUL")))
}

pub(super) fn milliseconds(time: Duration) -> i64 {
    i64::try_from(time.as_millis()).unwrap_or(i64::MAX)
}
