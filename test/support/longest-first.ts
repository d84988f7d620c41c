/** The order of the test files: the longest first, so that none is begun when the others are done. */
import { relative } from 'node:path'
import { BaseSequencer, type TestSpecification } from 'vitest/node'

/** What takes a minute or more, longest first; the rest follows as Vitest orders it, browsers first. */
export const longest: readonly string[] = [
  'test/client/faults.test.ts',
  'test/browsers/client/chromium.test.ts',
  'test/browsers/client/firefox.test.ts',
  'test/browsers/forms/firefox.test.ts',
  'test/browsers/tabs/firefox.test.ts',
  'test/cli/doctor.test.ts',
  'test/conformance/haproxy.test.ts',
  'test/conformance/nginx.test.ts',
  'test/conformance/varnish.test.ts',
  'test/conformance/direct.test.ts',
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
