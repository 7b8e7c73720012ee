/* The migrations, each as text with a final NUL; daemon/store/store_migrate.c lists them. */
	.section .rodata
	.global schema_001
schema_001:
	.incbin "schema/001_first.sql"
	.byte 0
	.global schema_002
schema_002:
	.incbin "schema/002_counters.sql"
	.byte 0
	.global schema_003
schema_003:
	.incbin "schema/003_findings.sql"
	.byte 0
	.global schema_004
schema_004:
	.incbin "schema/004_hooks.sql"
	.byte 0
	.global schema_005
schema_005:
	.incbin "schema/005_lasting.sql"
	.byte 0
	.section .note.GNU-stack,"",@progbits
