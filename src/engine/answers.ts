/**
 * Answers of the engine as they come over the wire, as far as they are read. Members are optional wherever some
 * engine (an older Docker, Podman) leaves them out or says null.
 */

export interface StateAnswer {
  readonly Status?: string;
  readonly StartedAt?: string;
  readonly FinishedAt?: string;
  readonly ExitCode?: number;
  readonly OOMKilled?: boolean;
  readonly Error?: string;
  readonly Health?: { readonly Status?: string } | null;
}

export interface EndpointAnswer {
  readonly Aliases?: readonly string[] | null;
  readonly NetworkID?: string;
  readonly IPAddress?: string;
  readonly GlobalIPv6Address?: string;
  readonly MacAddress?: string;
  readonly IPAMConfig?: { readonly LinkLocalIPs?: readonly string[] | null } | null;
  readonly DriverOpts?: Readonly<Record<string, string>> | null;
  /** `container:alias` */
  readonly Links?: readonly string[] | null;
  readonly GwPriority?: number;
}

export interface MountAnswer {
  readonly Type?: string;
  readonly Name?: string;
  readonly Source?: string;
  readonly Destination?: string;
  readonly RW?: boolean;
}

export interface ContainerAnswer {
  readonly Id: string;
  readonly Name?: string;
  readonly Created?: string;
  readonly Image?: string;
  readonly RestartCount?: number;
  readonly State?: StateAnswer;
  readonly Config?: {
    readonly Image?: string;
    readonly Labels?: Readonly<Record<string, string>> | null;
    readonly Hostname?: string;
    readonly StopTimeout?: number | null;
    readonly Env?: readonly string[] | null;
  };
  readonly HostConfig?: Readonly<Record<string, unknown>> & {
    readonly NetworkMode?: string;
    readonly VolumesFrom?: readonly string[] | null;
    /** `/container:/itself/alias`, on the engine's own bridge only. */
    readonly Links?: readonly string[] | null;
    readonly RestartPolicy?: { readonly Name?: string; readonly MaximumRetryCount?: number };
  };
  readonly NetworkSettings?: { readonly Networks?: Readonly<Record<string, EndpointAnswer>> | null };
  readonly Mounts?: readonly MountAnswer[] | null;
}

export interface ContainerListItem {
  readonly Id: string;
  readonly Names?: readonly string[];
  readonly Labels?: Readonly<Record<string, string>> | null;
}

export interface NetworkAnswer {
  readonly Id: string;
  readonly Name: string;
  readonly Driver?: string;
  readonly Options?: Readonly<Record<string, string>> | null;
  readonly Internal?: boolean;
  readonly Attachable?: boolean;
  readonly EnableIPv6?: boolean;
  readonly IPAM?: {
    readonly Config?:
      | readonly {
          readonly Subnet?: string;
          readonly Gateway?: string;
          readonly IPRange?: string;
          readonly AuxiliaryAddresses?: Readonly<Record<string, string>> | null;
        }[]
      | null;
  } | null;
  readonly Labels?: Readonly<Record<string, string>> | null;
  /** Endpoints by container id; inspect only. */
  readonly Containers?: Readonly<Record<string, unknown>> | null;
}

export interface VolumeAnswer {
  readonly Name: string;
  readonly Driver?: string;
  readonly Options?: Readonly<Record<string, string>> | null;
  readonly Labels?: Readonly<Record<string, string>> | null;
}

export interface ImageAnswer {
  readonly Id: string;
  readonly Os?: string;
  readonly Architecture?: string;
  readonly Variant?: string;
  readonly Metadata?: { readonly LastTagTime?: string };
  readonly Config?: {
    readonly Volumes?: Readonly<Record<string, unknown>> | null;
    readonly Env?: readonly string[] | null;
  } | null;
}

export interface ExecAnswer {
  readonly Running?: boolean;
  readonly ExitCode?: number | null;
  readonly Pid?: number;
  readonly CanRemove?: boolean;
  readonly ContainerID?: string;
}

export interface EventAnswer {
  readonly Type?: string;
  readonly Action?: string;
  readonly Actor?: { readonly ID?: string; readonly Attributes?: Readonly<Record<string, string>> };
  readonly time?: number;
  readonly timeNano?: number;
}
