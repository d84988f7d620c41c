/** Prints `N passed, N failed` from the JSON report of vitest; fails unless all has passed. */
import { readFileSync } from 'node:fs'

/** A file that could not be loaded holds no test that failed, and counts as one. */
const unloadable = (/** @type {{ status: string, assertionResults: { status: string }[] }} */ file) =>
  file.status === 'failed' && !file.assertionResults.some((test) => test.status === 'failed')

function counts(/** @type {string} */ path) {
  const text = readFileSync(path, 'utf8')
  if (text === '') return { passed: 0, failed: 0, success: false }
  const report = JSON.parse(text)
  const failed = report.numFailedTests + report.testResults.filter(unloadable).length
  return { passed: report.numPassedTests, failed, success: report.success }
}

const { passed, failed, success } = counts(process.argv[2] ?? '')
console.log(`${passed} passed, ${failed} failed`)
if (!success || failed > 0) process.exitCode = 1
