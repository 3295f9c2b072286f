// Loaded before Azurite. Azurite writes its tables to disk every few seconds and when it stops in good order, so it must always be
// stopped in good order: by the host, which closes standard input, or by the host's death, which closes it too.
'use strict';

// Ctrl+C in a terminal reaches the whole process group; when storage may go is the host's decision.
const once = process.once.bind(process);
process.once = (event, listener) => (event === 'SIGINT' ? process : once(event, listener));
process.on('SIGINT', () => {});

// Azurite listens for one SIGTERM; a second one, real or made here, must not cut the shutdown short. Before Azurite listens there is
// nothing to lose, and the first one ends the process.
let stopping = false;
process.on('SIGTERM', () => {
  if (!stopping && process.listenerCount('SIGTERM') === 1) {
    process.exit(0);
  }
  stopping = true;
});
const stop = () => {
  if (!stopping) {
    process.emit('SIGTERM');
  }
};

process.stdin.on('end', stop).on('error', stop).on('close', stop);
process.stdin.resume();
process.stdin.unref();

// With the host dead nobody reads our output; the shutdown goes on without it.
process.stdout.on('error', () => {});
process.stderr.on('error', () => {});
