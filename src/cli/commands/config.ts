/** `reeve config`: the model that the files give, or one aspect of it. Reaches no engine. */

import { ReeveCommand, servicesArgument } from '../command.ts';
import { renderConfig, type ConfigAspect } from '../config-text.ts';
import { runLint } from '../lint-run.ts';
import { EXIT, type ExitCode } from '../exit.ts';
import { invoke } from '../invocation.ts';
import { Flags } from '../oclif.ts';
import { loadProject } from '../targets.ts';

export default class Config extends ReeveCommand {
  static override summary = 'Print the model that the files give.';
  static override description =
    'Reads the files as Docker Compose does (merge, interpolation, includes, profiles) and prints the result. ' +
    'Nothing is touched and no engine is needed. An invalid file is shown with every error, and the exit code is 3.';
  static override strict = false;
  static override args = servicesArgument;
  static override examples = [
    '<%= config.bin %> config',
    '<%= config.bin %> config --format json web',
    "<%= config.bin %> config --hash '*'",
    '<%= config.bin %> config --lint',
    '<%= config.bin %> -f compose.yaml -f production.yaml config --quiet',
  ];
  static override flags = {
    format: Flags.option({
      options: ['yaml', 'json'] as const,
      description: 'how the model is written (default: yaml)',
    })(),
    hash: Flags.string({
      helpValue: 'SERVICES',
      description: "one line a service, with its config hash: names joined by commas, or '*'",
      exclusive: ['services', 'images', 'volumes', 'networks', 'profiles', 'quiet'],
    }),
    services: Flags.boolean({ description: 'only the names of the services' }),
    images: Flags.boolean({ description: 'only the names of the images' }),
    volumes: Flags.boolean({ description: 'only the names of the volumes' }),
    networks: Flags.boolean({ description: 'only the names of the networks' }),
    profiles: Flags.boolean({ description: 'only the names of the profiles' }),
    lint: Flags.boolean({
      description: 'only what its hooks can hardly mean; exits with 1 when there is something',
      exclusive: ['hash', 'services', 'images', 'volumes', 'networks', 'profiles', 'quiet', 'format'],
    }),
    quiet: Flags.boolean({ char: 'q', description: 'say only what is wrong' }),
  };

  async run(): Promise<ExitCode> {
    const { flags, argv } = await this.parse(Config);
    const services = argv.map(String);
    return invoke(flags, async (invocation) => {
      if (flags.lint) return runLint(invocation, services);
      const loadOptions = { ...invocation.loadOptions, services };
      const project = await loadProject({ ...invocation, loadOptions });
      if (flags.quiet) return EXIT.converged;
      const { hash, format, json } = flags;
      invocation.output.result(await renderConfig(project, { aspect: aspectOf(flags), hash, format, json, services }));
      return EXIT.converged;
    });
  }
}

type AspectFlags = Readonly<Partial<Record<Exclude<ConfigAspect, 'model' | 'hash'>, boolean>>> & {
  readonly hash?: string | undefined;
};

function aspectOf(flags: AspectFlags): ConfigAspect {
  if (flags.hash !== undefined) return 'hash';
  const names = ['services', 'volumes', 'networks', 'profiles', 'images'] as const;
  return names.find((name) => flags[name] === true) ?? 'model';
}
