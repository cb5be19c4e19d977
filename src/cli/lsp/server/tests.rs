use proptest::prelude::*;

use super::*;

const URI: &str = "file:///no/such/folder/a.cream";

fn send(server: &mut Server, message: &Value) -> Vec<Value> {
    server.receive(message.to_string().as_bytes())
}

fn ask(server: &mut Server, method: &str, params: Value) -> Value {
    let id = json!("seven");
    let message = json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params });
    let mut answers = send(server, &message);
    assert_eq!(answers.len(), 1, "{answers:?}");
    assert_eq!(answers[0]["id"], id);
    answers.remove(0)
}

fn tell(server: &mut Server, method: &str, params: Value) -> Vec<Value> {
    send(
        server,
        &json!({ "jsonrpc": "2.0", "method": method, "params": params }),
    )
}

fn ready() -> Server {
    let mut server = Server::default();
    let answer = ask(&mut server, "initialize", json!({ "capabilities": {} }));
    assert_eq!(answer["result"]["serverInfo"]["name"], "creamc");
    assert!(tell(&mut server, "initialized", json!({})).is_empty());
    server
}

fn open(server: &mut Server, uri: &str, text: &str) {
    let document = json!({ "uri": uri, "languageId": "cream", "version": 1, "text": text });
    tell(
        server,
        "textDocument/didOpen",
        json!({ "textDocument": document }),
    );
}

fn all_messages(server: &mut Server) -> Vec<Value> {
    let mut all = Vec::new();
    while server.has_unchecked() {
        all.extend(server.check_next());
    }
    all
}

#[test]
fn a_session_is_clean_only_after_shutdown() {
    let mut server = ready();
    assert_eq!(server.verdict(), Verdict::Faulty);
    assert_eq!(
        ask(&mut server, "shutdown", Value::Null)["result"],
        Value::Null
    );
    let refused = ask(&mut server, "textDocument/hover", json!({}));
    assert_eq!(refused["error"]["code"], Refusal::INVALID_REQUEST);
    assert!(!server.is_over());
    tell(&mut server, "exit", Value::Null);
    assert!(server.is_over());
    assert_eq!(server.verdict(), Verdict::Clean);
}

#[test]
fn beside_an_arch_too_a_space_is_shown_at_the_resolution_that_fit_settles() {
    let text = "cream 1
space s {
    input  image(channels = 3, resolution fit {32, 64})
    output classes(10)
    layer stem    conv(kernel in {3, 5})    channels = 8
    layer pool    avgpool
    layer logits  linear                    channels = classes
    require macs in 0..700K
}
arch best of s {
    resolution = 32
    stem = conv(kernel = 3)
}
";
    let mut server = ready();
    open(&mut server, URI, text);
    let place =
        json!({ "textDocument": { "uri": URI }, "position": { "line": 1, "character": 6 } });
    let answer = ask(&mut server, "textDocument/hover", place);
    let told = answer["result"]["contents"]["value"].as_str();
    let told = told.expect("there is something to tell");
    assert!(told.contains("resolution 32"), "{told}");
}

#[test]
fn what_is_not_known_or_comes_too_early_gets_the_protocols_error() {
    let mut server = Server::default();
    let early = ask(&mut server, "textDocument/hover", json!({}));
    assert_eq!(early["error"]["code"], Refusal::NOT_INITIALIZED);
    let mut server = ready();
    let codes = [
        ("no/such/method", json!({}), Refusal::METHOD_NOT_FOUND),
        ("initialize", json!({}), Refusal::INVALID_REQUEST),
        ("textDocument/hover", json!({}), Refusal::INVALID_PARAMS),
        ("textDocument/hover", json!([1]), Refusal::INVALID_PARAMS),
        (
            "textDocument/formatting",
            json!({ "textDocument": { "uri": URI } }),
            Refusal::INVALID_PARAMS,
        ),
    ];
    for (method, params, code) in codes {
        assert_eq!(
            ask(&mut server, method, params)["error"]["code"],
            code,
            "{method}"
        );
    }
    assert!(tell(&mut server, "$/cancelRequest", json!({ "id": 1 })).is_empty());
    let told = tell(
        &mut server,
        "textDocument/didOpen",
        json!({ "textDocument": 1 }),
    );
    assert_eq!(told[0]["method"], "window/logMessage");
}

#[test]
fn what_is_no_message_is_answered_without_an_id() {
    let mut server = ready();
    for (bytes, code) in [
        (&b"{"[..], Refusal::PARSE_ERROR),
        (b"\xff", Refusal::PARSE_ERROR),
        (b"[]", Refusal::INVALID_REQUEST),
        (b"{\"id\":1}", Refusal::INVALID_REQUEST),
        (b"{\"method\":1}", Refusal::INVALID_REQUEST),
    ] {
        let answers = server.receive(bytes);
        assert_eq!(answers[0]["error"]["code"], code);
        assert_eq!(answers[0]["id"], Value::Null);
    }
    assert!(server.receive(b"{\"id\":1,\"result\":null}").is_empty());
}

#[test]
fn a_buffer_goes_before_the_disk_also_for_those_that_use_it() {
    let mut server = ready();
    let user = "file:///no/such/folder/b.cream";
    open(
        &mut server,
        user,
        "cream 1\nuse \"a.cream\"\nblock c = mb or skip\n",
    );
    let told = all_messages(&mut server);
    assert_eq!(
        told[0]["params"]["diagnostics"][0]["code"],
        "unreadable-use"
    );
    open(
        &mut server,
        URI,
        "cream 1\nblock mb = ir(kernel = 3, expand = 4)\n",
    );
    for told in all_messages(&mut server) {
        assert_eq!(told["params"]["diagnostics"], json!([]), "{told}");
    }
    let at = json!({ "textDocument": { "uri": user }, "position": { "line": 2, "character": 10 } });
    let found = ask(&mut server, "textDocument/definition", at);
    assert_eq!(found["result"]["uri"], URI);
    assert_eq!(
        found["result"]["range"]["start"],
        json!({ "line": 1, "character": 6 })
    );
    // A fault in the used file shows where it is used, and leads there.
    open(
        &mut server,
        URI,
        "cream 1\nblock mb = ir(kernel = 3 expand = 4)\n",
    );
    let told = all_messages(&mut server);
    let of_user = told
        .iter()
        .find(|one| one["params"]["uri"] == user)
        .expect("it is told");
    let message = &of_user["params"]["diagnostics"][0];
    assert_eq!(
        message["range"]["start"],
        json!({ "line": 0, "character": 0 })
    );
    assert_eq!(message["relatedInformation"][0]["location"]["uri"], URI);
}

#[test]
fn one_file_under_two_names_has_two_texts() {
    let mut server = ready();
    let other = URI.replace(".cream", "%2Ecream");
    open(&mut server, URI, "cream 1\nblock a = b\n");
    open(
        &mut server,
        &other,
        "cream 1\n# üüüüüüüüüüüüüüüü\nlet ü = 3\n",
    );
    let told = all_messages(&mut server);
    let of = |uri: &str| {
        let mut all = told.iter().filter(|one| one["params"]["uri"] == uri);
        all.next_back().expect("it is told")["params"]["diagnostics"].clone()
    };
    assert_eq!(of(URI)[0]["code"], "unknown-operator");
    assert_eq!(of(&other)[0]["code"], "stray-character");
}

#[test]
fn messages_of_a_closed_file_go() {
    let mut server = ready();
    open(&mut server, URI, "cream 2\n");
    assert_eq!(all_messages(&mut server)[0]["params"]["version"], 1);
    let document = json!({ "textDocument": { "uri": URI } });
    let told = tell(&mut server, "textDocument/didClose", document);
    assert_eq!(told[0]["params"]["diagnostics"], json!([]));
    assert!(!server.has_unchecked());
}

const TEXT: &str = "cream 1\n\n# Ü 😀\nblock mb = ir(kernel in {3, 5}, expand = 4) or skip\nlet a = 3\nspace s {\n}\n";

/// One thing an editor may say.
fn message() -> impl Strategy<Value = Value> {
    let position = (0_u32..9, 0_u32..60)
        .prop_map(|(line, character)| json!({ "line": line, "character": character }));
    let range = (position.clone(), position.clone())
        .prop_map(|(start, end)| json!({ "start": start, "end": end }));
    let text = "[a-z{}()=,.;#\"\n\r ü😀0-9]{0,8}";
    let edit = (proptest::option::of(range.clone()), text).prop_map(|(range, text)| {
        let change = match range {
            Some(range) => json!({ "range": range, "text": text }),
            None => json!({ "text": text }),
        };
        json!({
            "method": "textDocument/didChange",
            "params": { "textDocument": { "uri": URI, "version": 2 }, "contentChanges": [change] },
        })
    });
    let methods = [
        "hover",
        "completion",
        "definition",
        "prepareRename",
        "rename",
        "formatting",
        "codeAction",
    ];
    let question = (proptest::sample::select(methods.to_vec()), position, range).prop_map(
        |(method, position, range)| {
            json!({
                "id": 1,
                "method": format!("textDocument/{method}"),
                "params": {
                    "textDocument": { "uri": URI },
                    "position": position,
                    "range": range,
                    "newName": "fresh",
                    "context": { "diagnostics": [], "only": ["quickfix", "source.fixAll"] },
                },
            })
        },
    );
    prop_oneof![4 => edit, 3 => question]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn any_session_of_edits_and_questions_is_answered(
        messages in proptest::collection::vec(message(), 1..12),
    ) {
        let mut server = ready();
        open(&mut server, URI, TEXT);
        for message in messages {
            let is_question = message.get("id").is_some();
            let answers = send(&mut server, &message);
            prop_assert_eq!(answers.len(), usize::from(is_question), "{}", message);
            for answer in answers {
                let code = &answer["error"]["code"];
                prop_assert!(code.is_null() || *code == Refusal::REQUEST_FAILED, "{}", answer);
            }
        }
        prop_assert_eq!(all_messages(&mut server).len(), 1);
    }
}
