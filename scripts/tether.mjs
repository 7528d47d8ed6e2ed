// Preloaded into every process that a script starts: it ends when the one that started it is gone, however that went.
process.on("disconnect", () => {
  process.kill(process.pid, "SIGTERM")
  setTimeout(() => process.exit(1), 10_000).unref()
})
