import assert from 'node:assert/strict';
import { suite, test, type TestContext } from 'node:test';
import { goneProjects, type FolderProject } from '../../../src/cli/directories.ts';
import { openedState } from '../../support/state.ts';
import { project } from '../../support/world.ts';

const directory = '/srv';

function folder(name: string, loaded: FolderProject['loaded']): FolderProject {
  return { directory, folder: name, path: `${directory}/${name}`, loaded };
}

function makes(name: string): FolderProject['loaded'] {
  return { ok: true, name, project: project({ web: {} }, { name }), hookSources: [] };
}

/** Projects that are gone when `x` was applied from `one` before. */
function gone(t: TestContext, present: readonly FolderProject[]): string[] {
  const state = openedState(t);
  state.inventory.record({ project: 'x', workingDir: '/srv/one', configFiles: [], directory });
  return goneProjects(state, directory, present).map((one) =>
    one.makes === undefined ? one.project : `${one.project}, now ${one.makes}`,
  );
}

suite('projects that are gone from a directory', () => {
  test('are those whose folder is not there any more', (t) => {
    assert.deepEqual(gone(t, [folder('two', makes('y'))]), ['x']);
  });

  test('are those whose folder makes another project now', (t) => {
    assert.deepEqual(gone(t, [folder('one', makes('y'))]), ['x, now y']);
  });

  test('are not those whose files do not load', (t) => {
    assert.deepEqual(gone(t, [folder('one', { ok: false, error: new Error('not YAML') })]), []);
  });

  test('are not those that another folder asks for, or several, which get nothing', (t) => {
    assert.deepEqual(gone(t, [folder('uno', makes('x'))]), []);
    const refused = { ok: false, name: 'x', error: new Error('twins') } as const;
    assert.deepEqual(gone(t, [folder('uno', refused), folder('dos', refused)]), []);
    const other = { ...refused, name: 'y' };
    assert.deepEqual(gone(t, [folder('one', other), folder('dos', other)]), []);
  });
});
