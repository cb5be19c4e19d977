use std::fs;

use crate::tool::{creamc, creamc_in, folder_with, snapshot};

/// MobileNetV3-Large.
const STRINGS: &str = "
# timm's mobilenetv3_large_100
- - ds_r1_k3_s1_e1_c16_nre
- [ir_r1_k3_s2_e4_c24_nre, ir_r1_k3_s1_e3_c24_nre]
- - ir_r3_k5_s2_e3_c40_se0.25_nre
- [ir_r1_k3_s2_e6_c80, ir_r1_k3_s1_e2.5_c80, 'ir_r2_k3_s1_e2.3_c80']
- - \"ir_r2_k3_s1_e6_c112_se0.25\"
- - ir_r3_k5_s2_e6_c160_se0.25
- - cn_r1_k1_s1_c960
";

#[test]
fn a_file_of_strings_becomes_a_space_of_the_networks_cost() {
    let folder = folder_with(&[]);
    fs::write(folder.path().join("v3.yaml"), STRINGS).unwrap();
    let args = ["import", "timm", "--file", "v3.yaml"];
    let around = [
        "--name", "v3", "--stem", "16", "--act", "hswish", "--head", "1280",
    ];
    let run = creamc_in(folder.path(), &[&args[..], &around].concat()).clean();
    snapshot("import", &run);
    fs::write(folder.path().join("v3.cream"), &run.out).unwrap();
    creamc_in(folder.path(), &["fmt", "--check", "v3.cream"]).clean();
    let stats = creamc_in(folder.path(), &["stats", "v3.cream", "--format", "json"]);
    let stats = stats.clean().json();
    assert_eq!(stats["params"]["max"], 5_483_032);
    assert_eq!(stats["macs"]["max"], 216_589_760);
}

#[test]
fn rows_alone_can_be_put_into_a_space() {
    let run = creamc(&[
        "import",
        "timm",
        "ir_r2_k3_s2_e4_c24_se0.25",
        "cn_r1_k1_s1_c32",
        "--rows",
    ]);
    let out = run.clean().out;
    let rows: Vec<&str> = out.lines().collect();
    assert_eq!(rows.len(), 2, "{out}");
    assert!(rows[0].starts_with("    stage s1      ir(kernel = 3, expand = 4, se = 0.25)"));
    assert!(
        rows[1].starts_with("    stage s2      conv(kernel = 1)"),
        "{out}"
    );
}

#[test]
fn rows_alone_take_nothing_that_is_said_around_them() {
    for around in [
        ["--act", "hswish"],
        ["--padding", "same"],
        ["--head", "1280"],
    ] {
        let run = creamc(
            &[
                &["import", "timm", "ds_r1_k3_s1_c16", "--rows"][..],
                &around,
            ]
            .concat(),
        );
        let run = run.fails(2, around[0]);
        assert!(run.err.contains("--rows"), "{}", run.err);
    }
}

#[test]
fn what_cannot_be_said_is_shown_in_the_string() {
    let run = creamc(&[
        "import",
        "timm",
        "ds_r1_k3_s1_c16",
        "ir_r2_k3_s2_e4_c24_cc4",
    ]);
    let run = run.fails(1, "no word for `cc4`");
    assert!(run.err.contains("string 2:1:20"), "{}", run.err);
    let folder = folder_with(&[]);
    fs::write(
        folder.path().join("wrong.json"),
        "[[\"ir_r1\",\n\"uir_r1\"]]",
    )
    .unwrap();
    let run = creamc_in(folder.path(), &["import", "timm", "--file", "wrong.json"]);
    let run = run.fails(1, "did you mean `ir`?");
    assert!(run.err.contains("wrong.json:1:4"), "{}", run.err);
    assert!(run.err.contains("wrong.json:2:2"), "{}", run.err);
}

#[test]
fn wrong_usage_and_what_makes_no_space_are_said() {
    creamc(&["import", "timm"]).fails(2, "STRINGS");
    creamc(&["import", "timm", "[]"]).fails(2, "no block string");
    creamc(&["import", "timm", "--file", "absent.yaml"]).fails(2, "absent.yaml");
    creamc(&["import", "timm", "cn_r1_k1_s1_c8", "--act", "mish"]).fails(2, "`hswish`");
    creamc(&["import", "keras", "x"]).fails(2, "keras");
    creamc(&["import", "timm", "cn_r1_k1_s1_c8", "--name", "a b"]).fails(1, "error[syntax]");
    creamc(&["import", "timm", "cn_r1_k1_s1_c8", "--stem", "0"]).fails(1, "out-of-range");
    creamc(&["import", "timm", &"cn_r1000_k1_s1_c8 ".repeat(11)]).fails(1, "space-too-large");
}
