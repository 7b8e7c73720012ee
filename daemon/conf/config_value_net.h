/*
 * Readers of settings that hold names and addresses; for the table of config_value.c.
 */
#ifndef CONF_CONFIG_VALUE_NET_H
#define CONF_CONFIG_VALUE_NET_H

#include "daemon/conf/config_value.h"

enum config_value config_value_net_name(const struct config_setting *row, struct span text,
					void *out);
enum config_value config_value_net_mail_domain(const struct config_setting *row, struct span text,
					       void *out);
enum config_value config_value_net_address(const struct config_setting *row, struct span text,
					   void *out);
enum config_value config_value_net_own_address(const struct config_setting *row, struct span text,
					       void *out);
enum config_value config_value_net_origin(const struct config_setting *row, struct span text,
					  void *out);
enum config_value config_value_net_listen(const struct config_setting *row, struct span text,
					  void *out);
enum config_value config_value_net_place(const struct config_setting *row, struct span text,
					 void *out);
enum config_value config_value_net_url(const struct config_setting *row, struct span text,
				       void *out);
enum config_value config_value_net_mx(const struct config_setting *row, struct span text,
				      void *out);

#endif
