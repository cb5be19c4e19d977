// Messages of JSON-RPC to and from a process, framed as the Language Server Protocol frames them.
'use strict';

const { spawn } = require('child_process');

const HEAD_END = '\r\n\r\n';

class Connection {
  // `told` is called with the method and parameters of every notification, `ended` once with the
  // reason when the process is gone.
  constructor(command, args, told, ended) {
    this.waiting = new Map();
    this.next = 1;
    this.buffer = Buffer.alloc(0);
    this.told = told;
    this.process = spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'] });
    this.process.stdout.on('data', (bytes) => this.read(bytes));
    let complaint = '';
    this.process.stderr.on('data', (bytes) => {
      complaint = (complaint + bytes).slice(-2000);
    });
    // Writing to a process that is gone is no news: its end is told below.
    this.process.stdin.on('error', () => {});
    const end = (reason) => {
      this.waiting.forEach(({ reject }) => reject(new Error(reason)));
      this.waiting.clear();
      if (!this.isOver) ended(reason);
      this.isOver = true;
    };
    this.process.on('error', (error) => end(error.message));
    this.process.on('close', (code) => end(complaint.trim() || `it ended with code ${code}`));
  }

  read(bytes) {
    this.buffer = Buffer.concat([this.buffer, bytes]);
    for (;;) {
      const end = this.buffer.indexOf(HEAD_END);
      if (end < 0) return;
      const length = /content-length: *(\d+)/i.exec(this.buffer.toString('latin1', 0, end));
      const start = end + HEAD_END.length;
      if (!length) {
        this.process.kill();
        return;
      }
      if (this.buffer.length < start + Number(length[1])) return;
      const body = this.buffer.toString('utf8', start, start + Number(length[1]));
      this.buffer = this.buffer.subarray(start + Number(length[1]));
      this.take(JSON.parse(body));
    }
  }

  take(message) {
    if (message.method) {
      this.told(message.method, message.params);
      return;
    }
    const asked = this.waiting.get(message.id);
    if (!asked) return;
    this.waiting.delete(message.id);
    if (message.error) asked.reject(new Error(message.error.message));
    else asked.resolve(message.result);
  }

  write(message) {
    const body = JSON.stringify({ jsonrpc: '2.0', ...message });
    this.process.stdin.write(`Content-Length: ${Buffer.byteLength(body)}${HEAD_END}${body}`);
  }

  tell(method, params) {
    if (!this.isOver) this.write({ method, params });
  }

  ask(method, params) {
    if (this.isOver) return Promise.reject(new Error('creamc lsp is not running'));
    const id = this.next++;
    return new Promise((resolve, reject) => {
      this.waiting.set(id, { resolve, reject });
      this.write({ id, method, params });
    });
  }

  // Asks the process to end; the end is expected from here on.
  async close() {
    if (this.isOver) return;
    const over = this.ask('shutdown', null).catch(() => {});
    this.isOver = true;
    await over;
    this.write({ method: 'exit' });
  }
}

module.exports = { Connection };
