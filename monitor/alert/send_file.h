/*
 * Alerts to a file: whole lines, each appended by one write, by a descriptor that
 * was opened before the process was closed in. Made with mode 0640 where it is
 * not there; one that is there keeps its mode.
 *
 * A line that found no room is taken back, so that no half of it stays. Where the
 * file is moved or removed, as logrotate does, it is to be opened anew.
 */
#ifndef MONITOR_ALERT_SEND_FILE_H
#define MONITOR_ALERT_SEND_FILE_H

#include "monitor/alert/send.h"

extern const struct send_way send_file;

#endif
