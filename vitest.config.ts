/** How the tests run: beside the source, and in `test` what spans files. */
import { defineConfig } from 'vitest/config'
import { LongestFirst } from './test/support/longest-first.js'

/** What drives a browser. */
const inBrowsers = [
  'test/browsers/**/*.test.ts',
  'test/playground/**/*.test.ts',
  'test/http2/{chromium,firefox}*.test.ts',
  'test/{create,docs}/browser.test.ts',
  'test/{examples,react}/**/*.test.ts',
]

/** What is measured by the clock: with nothing beside it, when all else is done. */
const alone = [
  'test/browsers/client/alone.test.ts',
  'test/browsers/tabs/alone.test.ts',
  'test/browsers/offload-bundled.test.ts',
  'test/cli/doctor.test.ts',
  'test/delivery/slow-readers.test.ts',
  'test/playground/game.test.ts',
  'test/playground/ticker.test.ts',
]

export default defineConfig({
  test: {
    // These end what hangs, and say nothing of speed: a machine that is busy elsewhere may take many times as long.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    expect: { poll: { timeout: 30_000 } },
    // Most files wait more than they work: for deadlines of clients, for proxies, for browsers.
    maxWorkers: 3,
    sequence: { sequencer: LongestFirst },
    // What nobody catches fails the run: in this process by itself, in those that tests start by this.
    setupFiles: ['test/support/uncaught.ts'],
    projects: [
      { extends: true, test: { name: 'browsers', include: inBrowsers, exclude: alone } },
      {
        extends: true,
        test: {
          name: 'node',
          include: ['src/**/*.test.ts', 'test/**/*.test.ts'],
          exclude: [...inBrowsers, ...alone, '**/node_modules/**'],
        },
      },
      { extends: true, test: { name: 'alone', include: alone, fileParallelism: false } },
    ],
  },
})
