/** The order of the test files: the longest first, so that none is begun when the others are done. */
import { relative } from 'node:path'
import { BaseSequencer, type TestSpecification } from 'vitest/node'

/** What takes longest, longest first; the rest follows as Vitest orders it, browsers first. */
export const longest: readonly string[] = [
  'test/cli/cli.test.ts',
  'test/client/faults.test.ts',
  'test/browsers/forms/firefox.test.ts',
  'test/browsers/forms/chromium.test.ts',
  'test/playground/laboratory-firefox.test.ts',
  'test/playground/laboratory-chromium.test.ts',
  'test/resume/resume.test.ts',
  'test/browsers/client/firefox.test.ts',
  'test/browsers/client/chromium.test.ts',
  'test/browsers/tabs/chromium.test.ts',
  'test/browsers/tabs/firefox.test.ts',
  'test/delivery/forms-property.test.ts',
  'test/hostile/fuzz.test.ts',
  'test/playground/shell.test.ts',
  'test/proxies/live.test.ts',
  'test/conformance/varnish.test.ts',
  'test/conformance/direct.test.ts',
  'test/conformance/haproxy.test.ts',
  'test/conformance/nginx.test.ts',
  'test/client/strange-answers.test.ts',
  'test/http2/chromium.test.ts',
  'test/docs/browser.test.ts',
  'test/docs/guides.test.ts',
  'test/react/react.test.ts',
  'test/outbox/outbox.test.ts',
  'test/limits/limits.test.ts',
  'test/delivery/leaks.test.ts',
]

export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files)
    const place = ({ moduleId }: TestSpecification) => {
      const at = longest.indexOf(relative(this.ctx.config.root, moduleId))
      return at < 0 ? longest.length : at
    }
    return sorted.sort((a, b) => place(a) - place(b))
  }
}
