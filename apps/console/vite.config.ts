import react from "@vitejs/plugin-react"
import { defaultClientConditions, defineConfig } from "vite"
import { fake } from "./dev/fake.ts"

/** The console as files: everything from one place, nothing inline, so that a strict Content-Security-Policy holds. */
export default defineConfig({
  base: "/console/",
  // CONSOLE_GATEWAY names a gateway's admin address to develop against; without it the answers are samples.
  plugins: [react(), ...(process.env["CONSOLE_GATEWAY"] === undefined ? [fake()] : [])],
  resolve: { conditions: ["source", ...defaultClientConditions] },
  server: {
    host: "127.0.0.1",
    ...(process.env["CONSOLE_GATEWAY"] === undefined
      ? {}
      : { proxy: { "/admin": { target: process.env["CONSOLE_GATEWAY"], changeOrigin: true } } })
  },
  build: {
    outDir: "dist-web",
    emptyOutDir: true,
    target: "es2022",
    // Browsers that know `light-dark()`: what it would be made into for others does not follow the scheme that was chosen here.
    cssTarget: ["chrome123", "firefox120", "safari17.5"],
    // A data: address in a style or a script is one more thing to allow.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    sourcemap: false,
    chunkSizeWarningLimit: 400
  }
})
