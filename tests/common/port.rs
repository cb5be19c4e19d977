//! Ports for processes that meet each other.

use std::sync::atomic::{AtomicU32, Ordering};

/// A port that nobody has now, and that the system gives to nobody by itself: those begin at 32768.
pub fn free_port() -> u16 {
    static TAKEN: AtomicU32 = AtomicU32::new(0);
    loop {
        let number = TAKEN.fetch_add(1, Ordering::Relaxed);
        // Other test programs begin elsewhere.
        let port = 10_000 + (std::process::id().wrapping_mul(97) + number) % 20_000;
        let port = u16::try_from(port).expect("below 30000");
        if std::net::TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}
