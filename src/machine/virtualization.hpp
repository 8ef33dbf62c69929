// SPDX-License-Identifier: Apache-2.0
// Whether this is real hardware: the hypervisor as CPUID and the firmware's tables name it, and
// containers.
#pragma once

#include <string>

#include "machine/system_files.hpp"

namespace opgauge {

// The hypervisor's vendor text of CPUID leaf 0x40000000 ("KVMKVMKVM"), "" without the hypervisor
// bit or off x86.
std::string cpuid_hypervisor();

// "none", "kvm", "hyper-v", "vmware", "xen", …; "unknown hypervisor" if only the bit is set.
// `cpuid` is the text above.
std::string virtualization(const SystemFiles& system,
                           const std::string& cpuid = cpuid_hypervisor());

// "none", "docker", "podman", "kubernetes", "lxc", "wsl": a container shares the kernel, and with
// it other loads.
std::string container(const SystemFiles& system);

}  // namespace opgauge
