//! Ctrl-C, in a process of its own: the signal goes to the whole test binary.

#![allow(clippy::print_stderr, reason = "the parent reads what its child says")]
#![cfg(unix)]

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use creamc::run::Stop;

/// The test runs itself again with this set, as the process that is interrupted.
const CHILD: &str = "CREAMC_TEST_STOP";

#[test]
fn the_first_press_asks_and_the_second_ends_with_130() {
    if std::env::var_os(CHILD).is_some() {
        return be_interrupted_twice();
    }
    let child = Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "the_first_press_asks_and_the_second_ends_with_130",
            "--nocapture",
        ])
        .env(CHILD, "1")
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .output()
        .unwrap();
    assert_eq!(child.status.code(), Some(130));
    let text = String::from_utf8(child.stderr).unwrap();
    assert!(text.contains("finishing this step and saving"), "{text}");
    assert!(text.contains("asked after one press"), "{text}");
}

fn be_interrupted_twice() {
    let stop = Stop::install().unwrap();
    assert!(!stop.asked());
    interrupt_myself();
    let start = Instant::now();
    while !stop.asked() && start.elapsed() < Duration::from_secs(20) {
        std::thread::sleep(Duration::from_millis(5));
    }
    assert!(stop.asked());
    eprintln!("asked after one press");
    interrupt_myself();
    std::thread::sleep(Duration::from_secs(20));
}

fn interrupt_myself() {
    let me = std::process::id().to_string();
    assert!(
        Command::new("kill")
            .args(["-INT", &me])
            .status()
            .unwrap()
            .success()
    );
}
