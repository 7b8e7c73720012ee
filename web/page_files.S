/* The files of the dashboard, each with a final NUL; web/page.c gives them out. */
	.section .rodata
	.macro file name, path
	.global page_files_\name
page_files_\name:
	.incbin "\path"
	.byte 0
	.endm
	file html, "web/page/index.html"
	file css, "web/page/style.css"
	file app, "web/page/app.js"
	file chart, "web/page/chart.js"
	file parts, "web/page/parts.js"
	file words, "web/page/words.js"
	.section .note.GNU-stack,"",@progbits
