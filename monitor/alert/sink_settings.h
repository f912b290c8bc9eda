/*
 * The settings of [sink NAME] in the configuration file.
 *
 * Reads and checks them into struct sinks of the options; opens nothing, asks
 * nobody.
 */
#ifndef MONITOR_ALERT_SINK_SETTINGS_H
#define MONITOR_ALERT_SINK_SETTINGS_H

#include "monitor/alert/sink.h"

extern const struct section_kind sink_section;

#endif
