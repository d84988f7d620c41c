/** How the tests run: beside the source, and in `test` what spans files. */
import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: { include: ['src/**/*.test.ts', 'test/**/*.test.ts'], testTimeout: 20_000, maxWorkers: 3 },
})
