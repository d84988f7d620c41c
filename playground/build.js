/** Builds the playground into `dist`: its pages by Vite, its server by esbuild. `npm start` does it when a source is newer. */
import { fileURLToPath } from 'node:url'
import { build as bundle } from 'esbuild'
import { build } from 'vite'

const root = fileURLToPath(new URL('.', import.meta.url))

export async function buildPlayground() {
  await Promise.all([
    build({
      root,
      configFile: false,
      logLevel: 'warn',
      // What `anywire/react` asks of React, Preact does.
      resolve: { alias: { react: 'preact/compat' } },
      build: {
        outDir: 'dist/client',
        emptyOutDir: true,
        target: 'es2022',
        modulePreload: { polyfill: false },
        // A file inside a page would be a `data:` URL, which the policy does not let in.
        assetsInlineLimit: 0,
        rolldownOptions: {
          // How long each plugin of Vite took says nothing to who starts the playground.
          checks: { bundlerTimings: false },
          // `'use client'` of anywire/react says nothing to a page that nobody renders on a server.
          onLog: (level, log, tell) => log.code !== 'MODULE_LEVEL_DIRECTIVE' && tell(level, log),
        },
      },
    }),
    bundle({
      absWorkingDir: root,
      entryPoints: { server: 'server/main.ts' },
      outdir: 'dist',
      bundle: true,
      packages: 'external',
      // Not by the paths of tsconfig.json: what it starts as a thread stands beside its own files.
      external: ['anywire', 'anywire/*'],
      platform: 'node',
      format: 'esm',
      target: 'node20',
    }),
  ])
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await buildPlayground()
