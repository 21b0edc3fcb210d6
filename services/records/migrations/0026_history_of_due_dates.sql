-- Until when something is to be taken, whether by hand, and why it is no more, are told of assignments, too.
DROP TRIGGER assignments_history ON assignments;
CREATE TRIGGER assignments_history AFTER INSERT OR UPDATE OR DELETE ON assignments
    FOR EACH ROW EXECUTE FUNCTION keep_history('/learners/{person_id}/assignments/{assignment_id}', 'training=training_id',
        'group=group_id', 'by_hand=is_by_hand', 'due_date', 'state', 'cancel_reason', 'transfer_time', 'certificate=certificate_id',
        'archive_time');
