use crate::tool::creamc;
use crate::usage::COMMANDS;

#[test]
fn every_shell_gets_a_script_that_names_every_command() {
    for (shell, mark) in [
        ("bash", "complete -F _creamc"),
        ("zsh", "#compdef creamc"),
        ("fish", "complete -c creamc"),
        ("powershell", "Register-ArgumentCompleter"),
        ("elvish", "edit:completion:arg-completer[creamc]"),
    ] {
        let run = creamc(&["completions", shell]).clean();
        assert!(run.out.contains(mark), "{shell}: {}", run.out);
        for command in COMMANDS {
            assert!(run.out.contains(command), "{shell}: no `{command}`");
        }
        assert!(run.out.contains("deny"), "{shell}: no flag of a command");
    }
    creamc(&["completions", "cmd"]).fails(2, "possible values");
}

#[test]
fn the_manual_page_names_every_command_and_each_has_its_own() {
    let whole = creamc(&["man"]).clean().out.replace("\\-", "-");
    assert!(whole.contains(".TH creamc 1"), "{whole}");
    assert!(whole.contains("Exit codes: 0 all is well"), "{whole}");
    for command in COMMANDS {
        assert!(
            whole.contains(&format!("creamc-{command}(1)")),
            "no `{command}`"
        );
        let page = creamc(&["man", command]).clean().out.replace("\\-", "-");
        assert!(page.contains(&format!(".TH creamc-{command} 1")), "{page}");
        assert!(page.contains(&format!("creamc {command}")), "{page}");
    }
    let page = creamc(&["man", "check"]).clean().out.replace("\\-", "-");
    assert!(
        page.contains("--deny") && page.contains("--require"),
        "{page}"
    );
    assert!(page.contains(env!("CARGO_PKG_VERSION")), "{page}");
    creamc(&["man", "chek"]).fails(2, "did you mean `check`?");
}
