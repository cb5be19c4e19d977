//! `creamc report`: pages of two small runs, of runs that still go on, and of damaged ones.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::tool::{Run, creamc, creamc_in};

/// A folder with copies of the two runs, `search` and `retrain`.
fn runs() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/report");
    for run in ["search", "retrain"] {
        copy(&from.join(run), &folder.path().join(run));
    }
    folder
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder can be made");
    for entry in fs::read_dir(from).expect("the fixture is there") {
        let path = entry.expect("the fixture is readable").path();
        let copied = to.join(path.file_name().expect("an entry has a name"));
        match path.is_dir() {
            true => copy(&path, &copied),
            false => drop(fs::copy(&path, copied).expect("a fixture can be copied")),
        }
    }
}

/// Every file of a run, relative to it.
fn files_of(run: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut folders = vec![run.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("the run is there") {
            let path = entry.expect("the run is readable").path();
            match path.is_dir() {
                true => folders.push(path),
                false => files.push(path.strip_prefix(run).expect("it is inside").to_owned()),
            }
        }
    }
    files.sort();
    files
}

/// Runs the command on a run of the folder; what it said, and the page.
#[track_caller]
fn page(folder: &Path, run: &str) -> (Run, String) {
    let said = creamc_in(folder, &["report", run]);
    assert_eq!(said.code, 0, "{said:?}");
    assert_eq!(said.out, format!("{run}/report.html\n"));
    assert!(!said.err.contains("panicked"), "{}", said.err);
    let page = folder.join(run).join("report.html");
    let page = fs::read_to_string(page).expect("the page is UTF-8");
    assert_sound(&page);
    (said, page)
}

/// A page is closed in itself, every tag is closed, and every drawn place is a number.
#[track_caller]
fn assert_sound(page: &str) {
    for outside in ["http:", "https:", "src=", "@import", "url(", "<link"] {
        assert!(!page.contains(outside), "the page refers to `{outside}`");
    }
    for name in [
        "section", "svg", "table", "tr", "td", "figure", "dl", "text", "p",
    ] {
        let opened =
            page.matches(&format!("<{name} ")).count() + page.matches(&format!("<{name}>")).count();
        assert_eq!(
            opened,
            page.matches(&format!("</{name}>")).count(),
            "`{name}`"
        );
    }
    let names = [
        "x", "y", "x1", "y1", "x2", "y2", "cx", "cy", "r", "width", "height", "points", "viewBox",
    ];
    let mut places = 0;
    for drawing in page.split("<svg").skip(1) {
        let drawing = drawing.split("</svg>").next().unwrap_or_default();
        for name in names {
            for value in drawing.split(&format!(" {name}=\"")).skip(1) {
                let value = value.split('"').next().unwrap_or_default();
                for number in value.split([' ', ',']) {
                    let number: f64 = number.parse().unwrap_or(f64::NAN);
                    assert!(number.is_finite() && number.abs() < 1e5, "{name}={value}");
                    places += 1;
                }
            }
        }
    }
    assert!(
        places > 0 || !page.contains("<svg"),
        "no drawing has a place"
    );
}

/// The page's words, without style, script, drawings and tags.
fn words(page: &str) -> String {
    let mut rest = page.to_owned();
    for name in ["style", "script", "svg"] {
        while let (Some(start), Some(end)) = (
            rest.find(&format!("<{name}")),
            rest.find(&format!("</{name}>")),
        ) {
            rest.replace_range(start..end + name.len() + 3, "");
        }
    }
    for end in [
        "</p>",
        "</h1>",
        "</h2>",
        "</h3>",
        "</tr>",
        "</div>",
        "</pre>",
        "</figcaption>",
        "</title>",
    ] {
        rest = rest.replace(end, "\n");
    }
    rest = rest
        .replace("</td>", " | ")
        .replace("</th>", " | ")
        .replace("</dt>", ": ");
    let mut text = String::new();
    let mut inside = false;
    for letter in rest.chars() {
        match letter {
            '<' => inside = true,
            '>' => inside = false,
            letter if !inside => text.push(letter),
            _ => {}
        }
    }
    let lines = text
        .lines()
        .map(str::trim_end)
        .filter(|line| !line.is_empty());
    lines.map(|line| line.to_owned() + "\n").collect()
}

/// Compares the words before the settings: those are another module's.
#[track_caller]
fn snapshot(name: &str, page: &str) {
    let words = words(page);
    let (text, settings) = words
        .split_once("\nSettings\n")
        .expect("settings come last");
    assert!(settings.contains("MODEL | demo"), "{settings}");
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("../snapshots");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(name, text));
}

#[test]
fn a_search_gives_a_page_with_its_answer_first() {
    let folder = runs();
    let (said, page) = page(folder.path(), "search");
    said.clean();
    snapshot("report_search", &page);
}

#[test]
fn a_retraining_gives_a_page_with_its_test() {
    let folder = runs();
    let (said, page) = page(folder.path(), "retrain");
    said.clean();
    snapshot("report_retrain", &page);
}

#[test]
fn chosen_settings_stand_before_those_with_their_default() {
    let folder = runs();
    let (_, page) = page(folder.path(), "search");
    let words = words(&page);
    let at = |part: &str| {
        words
            .find(part)
            .unwrap_or_else(|| panic!("{part} in {words}"))
    };
    assert!(at("EPOCHS | 6 | 120 | ") < at("SUPERNET.POOL_SIZE | 4 | 10 | "));
    assert!(at("SUPERNET.POOL_SIZE | ") < at("MOMENTUM | 0.9 | "));
}

#[test]
fn the_page_of_a_search_says_how_candidates_share_their_weights() {
    let folder = runs();
    let settings = folder.path().join("search/settings.yaml");
    let text = fs::read_to_string(&settings).unwrap();
    let elastic = text.replace("SUPERNET:\n", "SUPERNET:\n  SHARING: elastic\n");
    assert_ne!(text, elastic);
    fs::write(&settings, elastic).unwrap();
    let (_, found) = page(folder.path(), "search");
    let said = "Weights: slices of one set for each structure (elastic)\n";
    assert!(words(&found).contains(said), "{found}");
    let (_, alone) = page(folder.path(), "retrain");
    assert!(!words(&alone).contains("Weights: "), "{alone}");
}

#[test]
fn equal_runs_give_equal_pages_wherever_they_are_written() {
    let folder = runs();
    let (_, first) = page(folder.path(), "search");
    let args = ["report", "search", "--out", "other.html"];
    let said = creamc_in(folder.path(), &args).clean();
    assert_eq!(said.out, "other.html\n");
    let second = fs::read_to_string(folder.path().join("other.html")).unwrap();
    assert!(first == second);
}

#[test]
fn a_run_that_goes_on_has_no_result_and_a_torn_line() {
    let folder = runs();
    let run = folder.path().join("search");
    fs::remove_file(run.join("result.json")).unwrap();
    let metrics = fs::read_to_string(run.join("metrics.jsonl")).unwrap();
    fs::write(run.join("metrics.jsonl"), &metrics[..metrics.len() - 40]).unwrap();
    let lock = File::create(run.join(".lock")).unwrap();
    lock.lock().unwrap();
    let (said, text) = page(folder.path(), "search");
    assert_eq!(said.err, "", "a torn last line is nothing to warn of");
    for part in [
        "running",
        "Epoch 5 of 6 is done",
        "The network so far",
        "Left, at the newest pace",
    ] {
        assert!(text.contains(part), "{part}");
    }
    drop(lock);
    let (_, text) = page(folder.path(), "search");
    assert!(text.contains("ended without a result"));
    assert!(text.contains("creamc search --resume search"));
}

#[test]
fn a_run_that_has_only_begun_says_what_is_missing() {
    let folder = runs();
    let run = folder.path().join("search");
    for file in files_of(&run) {
        let kept = ["run.json", "settings.yaml", "space/tiny.cream"];
        if !kept.iter().any(|name| Path::new(name) == file) {
            fs::remove_file(run.join(file)).unwrap();
        }
    }
    let (said, text) = page(folder.path(), "search");
    assert_eq!(said.err, "");
    let missing = [
        "no network is chosen yet",
        "No epoch was measured yet",
        "neither probe paths nor visits",
        "The board is empty yet; it fills from epoch 3 on",
        "No path was judged yet",
        "No epoch was timed yet",
        "Inside every bound",
    ];
    for part in missing {
        assert!(text.contains(part), "{part}");
    }
}

#[test]
fn every_file_but_the_manifest_may_be_missing() {
    for run in ["search", "retrain"] {
        let folder = runs();
        let path = folder.path().join(run);
        for file in files_of(&path) {
            let text = fs::read(path.join(&file)).unwrap();
            fs::remove_file(path.join(&file)).unwrap();
            if file == Path::new("run.json") {
                creamc_in(folder.path(), &["report", run]).fails(2, "it holds no `run.json`");
            } else {
                page(folder.path(), run);
            }
            fs::write(path.join(&file), text).unwrap();
        }
    }
}

#[test]
fn a_damaged_file_is_named_and_the_page_is_made_of_the_rest() {
    let wild = "{\"epoch\": 1, \"step\": 18446744073709551615, \"loss\": 1e308, \"top1\": -1e308, \"lr\": \"x\", \
                \"seconds\": -5, \"judged\": [3, {}], \"probes\": {\"a\": []}, \"rows\": 7, \"test\": []}\n";
    let damages: [&[u8]; 6] = [
        b"",
        b"{",
        b"\xff\xfe\x00\n\n",
        b"[]\n",
        wild.as_bytes(),
        b"null",
    ];
    for run in ["search", "retrain"] {
        let folder = runs();
        let path = folder.path().join(run);
        for file in files_of(&path) {
            let text = fs::read(path.join(&file)).unwrap();
            for damage in damages {
                fs::write(path.join(&file), damage).unwrap();
                if file == Path::new("run.json") {
                    creamc_in(folder.path(), &["report", run]).fails(2, "run.json: is damaged");
                } else {
                    page(folder.path(), run);
                }
            }
            fs::write(path.join(&file), text).unwrap();
        }
    }
    let folder = runs();
    for name in ["result.json", "visits.json"] {
        fs::write(folder.path().join("search").join(name), "{").unwrap();
        let (said, page) = page(folder.path(), "search");
        let note = format!("{name}: is damaged");
        assert!(
            said.err.contains(&format!("warning: {note}")),
            "{}",
            said.err
        );
        assert!(page.contains(&note));
    }
}

#[test]
fn a_damaged_line_of_the_metrics_is_named_by_its_number() {
    let folder = runs();
    let file = folder.path().join("search/metrics.jsonl");
    let text = fs::read_to_string(&file).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    let damaged = [lines[0], "{\"epoch\":", lines[2], ""].join("\n");
    fs::write(&file, damaged).unwrap();
    let (said, _) = page(folder.path(), "search");
    assert_eq!(
        said.err,
        "warning: metrics.jsonl: line 2 is damaged and left out\n"
    );
}

#[test]
fn what_an_evolution_judged_stands_among_all_judged_paths() {
    let folder = runs();
    let paths = |page: &str| {
        let title = words(page);
        let end = title
            .find(" paths by their newest verdict")
            .expect("paths were judged");
        let count = title[..end].rsplit(|c: char| !c.is_ascii_digit()).next();
        count
            .and_then(|count| count.parse::<usize>().ok())
            .expect("the title has their number")
    };
    let (_, before) = page(folder.path(), "search");
    let judged = |top: u32| {
        format!(
            "{{\"choices\":[[9],[{top}]],\"path\":[[9],[{top}]],\"flops\":300000,\"loss\":1.5,\"top1\":{top}}}"
        )
    };
    let generation = format!(
        "{{\"generation\":1,\"judged\":[{},{}]}}\n",
        judged(40),
        judged(50)
    );
    let file = folder.path().join("search/evolution.jsonl");
    fs::write(&file, format!("{generation}no line\n")).unwrap();
    let (said, after) = page(folder.path(), "search");
    assert_eq!(paths(&after), paths(&before) + 2);
    assert!(after.contains("[[9], [50]]"));
    assert!(
        said.err
            .contains("evolution.jsonl: line 2 is damaged and left out"),
        "{}",
        said.err
    );
}

#[test]
fn all_text_of_a_run_is_escaped() {
    let folder = runs();
    let run = folder.path().join("search");
    let evil = "<script>alert('x')</script>\\u0000<b>";
    let manifest = fs::read_to_string(run.join("run.json")).unwrap();
    fs::write(run.join("run.json"), manifest.replace("cpu", evil)).unwrap();
    let settings = fs::read_to_string(run.join("settings.yaml")).unwrap();
    let settings = settings.replace("MODEL: demo", "MODEL: '<script>alert(1)</script>'");
    fs::write(run.join("settings.yaml"), settings).unwrap();
    let visits = fs::read_to_string(run.join("visits.json")).unwrap();
    fs::write(
        run.join("visits.json"),
        visits.replace("\"s1\"", "\"<img onerror=x>\\\" y=\\\"\""),
    )
    .unwrap();
    let (_, page) = page(folder.path(), "search");
    assert!(
        page.contains("&lt;script&gt;alert(&#39;x&#39;)"),
        "the device is shown"
    );
    for part in ["<script>alert", "<b>", "<img"] {
        assert!(!page.contains(part), "{part}");
    }
}

#[test]
fn a_run_in_the_papers_space_stands_beside_the_published_networks() {
    let folder = runs();
    let space = Path::new(env!("CARGO_MANIFEST_DIR")).join("spaces/mobile.cream");
    let run = folder.path().join("retrain");
    let space_file = space.to_str().expect("the path is UTF-8");
    let sample = creamc(&["sample", space_file, "-n", "1", "--seed", "3"]).clean();
    let from = sample.out.find("arch ").expect("a sample is an arch");
    let arch = sample.out[from..].replace("sample_1", "best");
    fs::copy(&space, run.join("space/space/mobile.cream")).unwrap();
    let best = format!("cream 1\nuse \"space/mobile.cream\"\n\n{arch}");
    fs::write(run.join("space/best.cream"), best).unwrap();
    fs::remove_file(run.join("result.json")).unwrap();
    let (said, text) = page(folder.path(), "retrain");
    assert_eq!(said.err, "");
    let words = words(&text);
    for part in [
        "Beside the published networks",
        "trained alone on ImageNet",
        "604M | 224 × 224 | 604.3M | 80.0",
        "best of mobile, retrained",
    ] {
        assert!(words.contains(part), "{part} in {words}");
    }
}

#[test]
fn a_network_given_by_lists_is_shown_and_its_plain_weights_beside_their_average() {
    let folder = runs();
    let run = folder.path().join("retrain");
    fs::remove_file(run.join("space/best.cream")).unwrap();
    let result = fs::read_to_string(run.join("result.json")).unwrap();
    let plain = "\"test_plain\": {\"top1\": 47.5}, \"epochs\"";
    fs::write(run.join("result.json"), result.replace("\"epochs\"", plain)).unwrap();
    let (_, page) = page(folder.path(), "retrain");
    let words = words(&page);
    for part in ["Plain weights: 47.50%", "s1.0 | ir(kernel = 5, expand = 1)"] {
        assert!(words.contains(part), "{part} in {words}");
    }
}

#[test]
fn what_is_no_run_folder_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let report = |run: &str| creamc_in(folder.path(), &["report", run]);
    report(".").fails(2, "is no run folder: it holds no `run.json`");
    report("absent").fails(2, "absent");
    fs::write(folder.path().join("run.json"), "{\"command\": \"bake\"}").unwrap();
    report(".").fails(2, "no report is known for the command `bake`");
}

#[test]
fn a_page_that_cannot_be_written_is_named() {
    let folder = runs();
    let args = ["report", "search", "--out", "absent/page.html"];
    creamc_in(folder.path(), &args).fails(2, "cannot write `absent/page.html`");
}

/// The browser that pages are opened in. Says so where there is none.
#[expect(clippy::print_stderr, reason = "says what was not tested")]
fn browser() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let names = ["chromium", "chromium-browser", "google-chrome"];
    let found = std::env::split_paths(&path)
        .flat_map(|folder| names.map(|name| folder.join(name)))
        .find(|file| file.is_file());
    if found.is_none() {
        eprintln!("skipped: the page was opened in no browser; PATH has none of {names:?}");
    }
    found
}

/// What a browser makes of a page: its document after the scripts ran.
fn opened(browser: &Path, folder: &Path, page: &str) -> String {
    let file = folder.join("opened.html");
    fs::write(&file, page).unwrap();
    let profile = format!("--user-data-dir={}", folder.join("profile").display());
    let output = Command::new(browser)
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--dump-dom"])
        .args(["--disable-background-networking", &profile])
        .arg(format!("file://{}", file.display()))
        .output()
        .expect("the browser can be started");
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).expect("the document is UTF-8")
}

#[test]
fn in_a_browser_the_pages_script_has_no_error_and_details_come_under_the_pointer() {
    let Some(browser) = browser() else {
        return;
    };
    let folder = runs();
    for run in ["search", "retrain"] {
        let (_, page) = page(folder.path(), run);
        let watch = "<script>addEventListener('error', (event) => { document.documentElement.dataset.error = event.message; });</script>";
        let point = "<script>document.querySelector('[data-tip]').dispatchEvent(new PointerEvent('pointermove', { bubbles: true }));</script>";
        let watched = page
            .replacen("<head>", &format!("<head>{watch}"), 1)
            .replacen("</body>", &format!("{point}</body>"), 1);
        let document = opened(&browser, folder.path(), &watched);
        assert!(!document.contains("data-error"), "{run}: {document}");
        let first = |text: &str, from: &str, to: &str| -> String {
            let (_, rest) = text.split_once(from).expect("it is there");
            rest.split(to).next().unwrap_or_default().to_owned()
        };
        let tip = first(&document, "<div id=\"tip\" style=", "</div>");
        let (_, shown) = tip.split_once('>').expect("the tip is open");
        assert_eq!(shown, first(&page, "data-tip=\"", "\""), "{run}");
    }
}
