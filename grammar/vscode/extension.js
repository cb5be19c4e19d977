// Starts `creamc lsp` and shows what it says.
'use strict';

const vscode = require('vscode');
const { Connection } = require('./rpc');

const CREAM = { language: 'cream', scheme: 'file' };
const FIX_ALL = 'source.fixAll.creamc';

let connection;
let messages;
let session = [];

const position = (at) => ({ line: at.line, character: at.character });
const span = (range) => ({ start: position(range.start), end: position(range.end) });
const range = ({ start, end }) => new vscode.Range(start.line, start.character, end.line, end.character);
const named = (document) => ({ uri: document.uri.toString() });
const at = (document, place) => ({ textDocument: named(document), position: position(place) });
const textEdit = (edit) => new vscode.TextEdit(range(edit.range), edit.newText);
const location = (one) => new vscode.Location(vscode.Uri.parse(one.uri), range(one.range));

function workspaceEdit({ changes }) {
  const edit = new vscode.WorkspaceEdit();
  Object.entries(changes).forEach(([uri, edits]) => edit.set(vscode.Uri.parse(uri), edits.map(textEdit)));
  return edit;
}

function diagnostic(one) {
  // The protocol counts severities, kinds and tags from 1, VS Code the first two from 0.
  const shown = new vscode.Diagnostic(range(one.range), one.message, one.severity - 1);
  shown.code = one.code;
  shown.source = one.source;
  shown.tags = one.tags;
  const related = (other) => new vscode.DiagnosticRelatedInformation(location(other.location), other.message);
  shown.relatedInformation = (one.relatedInformation || []).map(related);
  return shown;
}

function told(method, params) {
  if (method === 'textDocument/publishDiagnostics') {
    messages.set(vscode.Uri.parse(params.uri), params.diagnostics.map(diagnostic));
  } else if (method === 'window/logMessage') {
    console.error(`creamc lsp: ${params.message}`);
  }
}

const hover = {
  async provideHover(document, place) {
    const found = await connection.ask('textDocument/hover', at(document, place));
    return found && new vscode.Hover(new vscode.MarkdownString(found.contents.value), range(found.range));
  },
};

const completion = {
  async provideCompletionItems(document, place) {
    const found = await connection.ask('textDocument/completion', at(document, place));
    return found.map((one) => {
      const item = new vscode.CompletionItem(one.label, one.kind - 1);
      item.documentation = new vscode.MarkdownString(one.documentation.value);
      return item;
    });
  },
};

const definition = {
  async provideDefinition(document, place) {
    const found = await connection.ask('textDocument/definition', at(document, place));
    return found && location(found);
  },
};

const rename = {
  async prepareRename(document, place) {
    const found = await connection.ask('textDocument/prepareRename', at(document, place));
    return { range: range(found.range), placeholder: found.placeholder };
  },
  async provideRenameEdits(document, place, newName) {
    const found = await connection.ask('textDocument/rename', { ...at(document, place), newName });
    return found && workspaceEdit(found);
  },
};

const formatting = {
  async provideDocumentFormattingEdits(document) {
    const found = await connection.ask('textDocument/formatting', { textDocument: named(document) });
    return (found || []).map(textEdit);
  },
};

const actions = {
  async provideCodeActions(document, place, asked) {
    const context = { diagnostics: [], only: asked.only && [asked.only.value] };
    const params = { textDocument: named(document), range: span(place), context };
    const found = await connection.ask('textDocument/codeAction', params);
    return found.map((one) => {
      const kind = vscode.CodeActionKind.Empty.append(one.kind);
      const action = new vscode.CodeAction(one.title, kind);
      action.edit = workspaceEdit(one.edit);
      action.isPreferred = one.isPreferred;
      action.diagnostics = (one.diagnostics || []).map(diagnostic);
      return action;
    });
  },
};

// Tells the server of every document, from its opening to its end.
function documents() {
  const isCream = (document) => vscode.languages.match(CREAM, document) > 0;
  const opened = (document) => {
    if (!isCream(document)) return;
    const { languageId, version } = document;
    const text = document.getText();
    connection.tell('textDocument/didOpen', {
      textDocument: { ...named(document), languageId, version, text },
    });
  };
  const changed = ({ document, contentChanges }) => {
    if (!isCream(document) || contentChanges.length === 0) return;
    connection.tell('textDocument/didChange', {
      textDocument: { ...named(document), version: document.version },
      contentChanges: contentChanges.map((one) => ({ range: span(one.range), text: one.text })),
    });
  };
  const tell = (method) => (document) => {
    if (isCream(document)) connection.tell(method, { textDocument: named(document) });
  };
  vscode.workspace.textDocuments.forEach(opened);
  return [
    vscode.workspace.onDidOpenTextDocument(opened),
    vscode.workspace.onDidChangeTextDocument(changed),
    vscode.workspace.onDidSaveTextDocument(tell('textDocument/didSave')),
    vscode.workspace.onDidCloseTextDocument(tell('textDocument/didClose')),
  ];
}

async function start() {
  const command = vscode.workspace.getConfiguration('creamc').get('path').trim();
  if (!command) return;
  const ended = (reason) => {
    messages.clear();
    vscode.window.showWarningMessage(`\`${command} lsp\` is not running: ${reason}`);
  };
  const started = new Connection(command, ['lsp'], told, ended);
  connection = started;
  const params = { processId: process.pid, rootUri: null, capabilities: {} };
  try {
    await started.ask('initialize', params);
  } catch {
    return; // `ended` has told why.
  }
  if (connection !== started) return;
  started.tell('initialized', {});
  const kinds = [vscode.CodeActionKind.QuickFix, vscode.CodeActionKind.Empty.append(FIX_ALL)];
  const { languages } = vscode;
  session = [
    ...documents(),
    languages.registerHoverProvider(CREAM, hover),
    languages.registerCompletionItemProvider(CREAM, completion, '(', '{', '.'),
    languages.registerDefinitionProvider(CREAM, definition),
    languages.registerRenameProvider(CREAM, rename),
    languages.registerDocumentFormattingEditProvider(CREAM, formatting),
    languages.registerCodeActionsProvider(CREAM, actions, { providedCodeActionKinds: kinds }),
  ];
}

async function stop() {
  session.splice(0).forEach((one) => one.dispose());
  if (messages) messages.clear();
  const old = connection;
  connection = undefined;
  if (old) await old.close();
}

async function restart() {
  await stop();
  await start();
}

async function activate(context) {
  messages = vscode.languages.createDiagnosticCollection('creamc');
  const configured = (event) => event.affectsConfiguration('creamc') && restart();
  context.subscriptions.push(
    messages,
    vscode.commands.registerCommand('creamc.restart', restart),
    vscode.workspace.onDidChangeConfiguration(configured),
  );
  await start();
}

module.exports = { activate, deactivate: stop };
