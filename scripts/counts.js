/** Prints `N passed, N failed` from the JSON reports of vitest; fails unless all has passed. */
import { existsSync, readFileSync } from 'node:fs'

/** A file that could not be loaded holds no test that failed, and counts as one. */
const unloadable = (/** @type {{ status: string, assertionResults: { status: string }[] }} */ file) =>
  file.status === 'failed' && !file.assertionResults.some((test) => test.status === 'failed')

function counts(/** @type {string} */ path) {
  if (!existsSync(path)) return { passed: 0, failed: 0, success: false }
  const report = JSON.parse(readFileSync(path, 'utf8'))
  const failed = report.numFailedTests + report.testResults.filter(unloadable).length
  return { passed: report.numPassedTests, failed, success: report.success }
}

const all = process.argv.slice(2).map(counts)
const sum = (/** @type {'passed' | 'failed'} */ what) => all.reduce((total, one) => total + one[what], 0)
console.log(`${sum('passed')} passed, ${sum('failed')} failed`)
if (all.length === 0 || sum('failed') > 0 || !all.every(({ success }) => success)) process.exitCode = 1
