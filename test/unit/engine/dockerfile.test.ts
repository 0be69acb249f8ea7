import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { hasHereDocument, platformArguments, withPlatforms } from '../../../src/engine/dockerfile.ts';

suite('a here-document', () => {
  const cases: readonly [text: string, is: boolean][] = [
    ['FROM a\nRUN <<EOF\necho hi\nEOF', true],
    ['FROM a\nCOPY --chmod=700 <<-"END" /x\nhi\nEND', true],
    ['FROM a\nRUN true && \\\n  # why\n  cat <<EOF > /x\nhi\nEOF', true],
    ['FROM a\nrun python3 <<PY\nPY', true],
    ['FROM a\nRUN echo $((1<<4)) "a << b"', false],
    ['FROM a\n# RUN <<EOF\nRUN cat <<<word', false],
  ];
  for (const [text, is] of cases) test(JSON.stringify(text), () => assert.equal(hasHereDocument(text), is));
});

suite('variables that tell platforms', () => {
  const platforms = { target: 'linux/arm/v7', engine: 'linux/amd64' };

  test('have values where an ARG names them', () => {
    assert.deepEqual(
      platformArguments('ARG BUILDARCH\nFROM a\nARG X=1 TARGETPLATFORM\nARG \\\n TARGETVARIANT', platforms),
      {
        TARGETPLATFORM: 'linux/arm/v7',
        TARGETVARIANT: 'v7',
        BUILDARCH: 'amd64',
      },
    );
    assert.deepEqual(platformArguments('FROM a\nRUN echo $TARGETARCH', platforms), {});
  });

  test('are replaced in FROM, which takes them without an ARG, and nowhere else', () => {
    const text =
      'FROM --platform=$BUILDPLATFORM a AS b\nRUN echo $BUILDPLATFORM\nfrom a:${TARGETARCH} AS c\nFROM $BUILDPLATFORMS';
    assert.equal(
      withPlatforms(text, platforms),
      'FROM --platform=linux/amd64 a AS b\nRUN echo $BUILDPLATFORM\nfrom a:arm AS c\nFROM $BUILDPLATFORMS',
    );
  });

  test('of a platform that names less than all take the rest from the engine', () => {
    assert.equal(
      withPlatforms('FROM $TARGETPLATFORM', { target: 'aarch64', engine: 'linux/amd64' }),
      'FROM linux/arm64',
    );
    assert.equal(
      withPlatforms('FROM $TARGETPLATFORM', { target: 'linux', engine: 'linux/x86_64' }),
      'FROM linux/amd64',
    );
  });
});
