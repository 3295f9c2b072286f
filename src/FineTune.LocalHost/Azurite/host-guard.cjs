// Loaded before Azurite. Azurite writes its tables to disk every few seconds and when it stops in good order, so it must always be
// stopped in good order: by the host, which closes standard input, or by the host's death, which closes it too.
'use strict';

// Ctrl+C in a terminal reaches the whole process group; when storage may go is the host's decision.
const once = process.once.bind(process);
process.once = (event, listener) => (event === 'SIGINT' ? process : once(event, listener));
process.on('SIGINT', () => {});

// Azurite listens for one SIGTERM; a second one must not cut the shutdown short.
let stopping = false;
const stop = () => {
  if (!stopping) {
    stopping = true;
    if (!process.emit('SIGTERM')) {
      process.exit(0);
    }
  }
};

process.stdin.on('end', stop).on('error', stop).on('close', stop);
process.stdin.resume();
process.stdin.unref();

// With the host dead nobody reads our output; the shutdown goes on without it.
process.stdout.on('error', () => {});
process.stderr.on('error', () => {});
