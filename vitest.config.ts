/** How the tests run: beside the source, and in `test` what spans files. */
import { defineConfig } from 'vitest/config'

/** What drives a browser; on a busy machine the browser itself may be late, so a fact that fails is looked at a second time. */
const inBrowsers = [
  'test/browsers/**/*.test.ts',
  'test/playground/**/*.test.ts',
  'test/http2/{chromium,firefox}*.test.ts',
  'test/docs/browser.test.ts',
  'test/{examples,react}/**/*.test.ts',
]

export default defineConfig({
  test: {
    testTimeout: 20_000,
    maxWorkers: 2,
    // What nobody catches fails the run: in this process by itself, in those that tests start by this.
    setupFiles: ['test/support/uncaught.ts'],
    projects: [
      { extends: true, test: { name: 'browsers', include: inBrowsers, retry: 1 } },
      {
        extends: true,
        test: {
          name: 'node',
          include: ['src/**/*.test.ts', 'test/**/*.test.ts'],
          exclude: [...inBrowsers, '**/node_modules/**'],
        },
      },
    ],
  },
})
